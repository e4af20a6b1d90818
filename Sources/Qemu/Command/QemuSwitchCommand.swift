import BundleFormat

/// The switch that all machines of an instance are plugged into: a QEMU without a machine, whose hub has one port for each.
///
/// Unlike a bridge it needs no privileges, and unlike multicast or vmnet it works alike on Linux and macOS. A port takes one
/// peer, and another after that one has gone.
struct QemuSwitchCommand: Hashable {
    let names: QemuNames
    let machines: [String]
    let host: QemuHost

    var arguments: [String] {
        var arguments = [
            host.program, "-name", names.switchProcess, "-nodefaults", "-no-user-config", "-display", "none",
            "-machine",
            "none", "-msg", "timestamp=on",
        ]
        for machine in machines {
            let (port, path) = ("port-\(machine)", QemuOption.value(QemuNames.network(machine)))
            arguments += ["-netdev", "stream,id=\(port),server=on,addr.type=unix,addr.path=\(path)"]
            arguments += ["-netdev", "hubport,id=hub-\(machine),hubid=0,netdev=\(port)"]
        }
        return arguments + (host.hasSandbox ? QemuHost.sandbox : [])
    }
}
