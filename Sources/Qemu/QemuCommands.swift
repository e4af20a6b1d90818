import BundleFormat
import Values

/// The command that runs one machine.
struct QemuMachineCommand: Hashable {
    let names: QemuNames
    let definition: LaunchDefinition
    let boot: DirectBoot?
    let host: QemuHost
    /// How the host reaches the jump host's SSH, and the endpoint's API.
    let forward: QemuUserNetwork?

    /// - Parameters:
    ///   - boot: the plan's, by the names of the files in the instance.
    ///   - ports: of the host's loopback.
    init(
        _ definition: LaunchDefinition, of plan: LaunchPlan, boot: DirectBoot?, names: QemuNames, host: QemuHost,
        ports: QemuPorts
    ) {
        self.names = names
        self.definition = definition
        self.host = host
        self.boot = boot
        forward = ports.network(of: definition, in: plan)
    }

    var arguments: [String] {
        // The name comes first: see `QemuProcesses`.
        [host.program, "-name", names.process(definition.name), "-nodefaults", "-no-user-config", "-display", "none"]
            + processor + firmware + disks + network + talk + (host.hasSandbox ? QemuHost.sandbox : [])
    }

    private var processor: [String] {
        [
            "-machine", host.guest.qemuBoard, "-accel", host.accelerator.argument,
            "-cpu", host.accelerator.processor(for: host.guest), "-smp", "\(definition.cpus)",
            "-m", "\(definition.memory.mebibytes)", "-uuid", definition.uuid.lowercased, "-rtc", "base=utc",
            // Keys are made at the first boot, when a guest has little randomness of its own.
            "-device", "virtio-rng-pci",
        ]
    }

    /// A kernel of its own needs no firmware; amd64's BIOS comes with QEMU.
    private var firmware: [String] {
        if let boot {
            return [
                "-kernel", QemuNames.image(boot.kernel), "-initrd", QemuNames.image(boot.initrd),
                "-append", boot.arguments,
            ]
        }
        return host.firmware.map { ["-bios", $0] } ?? []
    }

    private var disks: [String] {
        let name = definition.name
        return [
            "-blockdev",
            // What the guest discards, the file gives back.
            blockDevice("disk", format: "qcow2", QemuNames.disk(name), "discard=unmap"),
            // A kernel given to QEMU is first in line already.
            "-device", "virtio-blk-pci,drive=disk" + (boot == nil ? ",bootindex=0" : ""),
            "-blockdev", blockDevice("seed", format: "raw", QemuNames.seed(name), "read-only=on"),
            "-device", "virtio-blk-pci,drive=seed,serial=SEED",
            "-blockdev", blockDevice("depot", format: "raw", QemuNames.depot, "read-only=on"),
            "-device", "virtio-blk-pci,drive=depot,serial=SLIPWAY",
        ]
    }

    private func blockDevice(_ node: String, format: String, _ path: String, _ option: String) -> String {
        QemuOption.list(
            "driver=\(format)", "node-name=\(node)", option, "file.driver=file",
            "file.filename=\(QemuOption.value(path))")
    }

    private var network: [String] {
        let port = QemuOption.list(
            "stream", "id=lan", "server=off", "addr.type=unix",
            "addr.path=\(QemuOption.value(QemuNames.network(definition.name)))", host.version.reconnection)
        var arguments = ["-netdev", port, "-device", card("lan", definition.mac)]
        if let forward, let mac = definition.forwardMAC {
            arguments += ["-netdev", forward.argument, "-device", card("forward", mac)]
        }
        return arguments
    }

    /// Without a boot ROM: nothing boots from the network here, and not every installation has the ROMs.
    private func card(_ network: String, _ mac: MACAddress) -> String {
        "virtio-net-pci,netdev=\(network),mac=\(mac),romfile="
    }

    /// Our channel to QEMU, and the guest's serial line. Nobody needs to listen there for the guest to go on.
    private var talk: [String] {
        let name = definition.name
        return [
            "-chardev", "socket,id=qmp,path=\(QemuOption.value(QemuNames.qmp(name))),server=on,wait=off",
            "-mon", "chardev=qmp,mode=control",
            "-chardev",
            QemuOption.list(
                "socket", "id=console", "path=\(QemuOption.value(QemuNames.console(name)))", "server=on", "wait=off",
                "logfile=\(QemuOption.value(QemuNames.consoleLog(name)))", "logappend=on"),
            "-serial", "chardev:console", "-msg", "timestamp=on",
        ]
    }
}

/// The switch that all machines of an instance are plugged into: a QEMU without a machine, whose hub has one port for each.
///
/// Unlike a bridge it needs no privileges, and unlike multicast or vmnet it works alike on Linux and macOS. A port takes one
/// peer, and another after that one has gone.
struct QemuSwitchCommand: Hashable {
    let names: QemuNames
    let machines: [String]
    /// Whether there is a port for a gateway too.
    var hasGateway = false
    let host: QemuHost

    var arguments: [String] {
        var arguments = [
            host.program, "-name", names.switchProcess, "-nodefaults", "-no-user-config", "-display", "none",
            "-machine",
            "none", "-msg", "timestamp=on",
        ]
        // No machine's name begins with a dash.
        let sockets = machines.map { ($0, QemuNames.network($0)) } + (hasGateway ? [("-", QemuNames.gateway)] : [])
        for (name, socket) in sockets {
            let (port, path) = ("port-\(name)", QemuOption.value(socket))
            arguments += ["-netdev", "stream,id=\(port),server=on,addr.type=unix,addr.path=\(path)"]
            arguments += ["-netdev", "hubport,id=hub-\(name),hubid=0,netdev=\(port)"]
        }
        return arguments + (host.hasSandbox ? QemuHost.sandbox : [])
    }
}

/// The values of QEMU's options: `key=value,key=value`.
enum QemuOption {
    /// A value inside such a list, where a comma is written twice.
    static func value(_ text: String) -> String {
        text.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }

    static func list(_ parts: String?...) -> String { parts.compactMap { $0 }.joined(separator: ",") }
}
