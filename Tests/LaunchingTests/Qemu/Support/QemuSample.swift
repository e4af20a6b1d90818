import BundleFormat
import LaunchingSupport
import Values

@testable import Launching
@testable import Qemu

/// The eleven machines of topologies/ha.yaml, on made-up hosts.
enum QemuSample {
    static let names = QemuNames(tag: "slipway-0123abcd")

    static func plan(_ architecture: Architecture, subnet: String = "192.168.64.0/24", boot: DirectBoot? = nil)
        -> LaunchPlan
    {
        LaunchPlan(
            cluster: "ha", architecture: architecture, sharesKernel: false, subnet: subnet, gateway: "192.168.64.1",
            boot: boot, machines: machines)
    }

    static let machines = [
        machine("haproxy", .loadBalancer, 10, cpus: 2, gibibytes: 2, disk: 20, forwardMAC: "52:54:00:40:01:0a"),
        machine("vault", .vault, 11, cpus: 2, gibibytes: 4, disk: 20),
        machine("jump", .jump, 12, cpus: 2, gibibytes: 4, disk: 20, forwardMAC: "52:54:00:40:01:0c"),
        machine("etcd-1", .etcd, 21, cpus: 2, gibibytes: 2, disk: 20),
        machine("etcd-2", .etcd, 22, cpus: 2, gibibytes: 2, disk: 20),
        machine("etcd-3", .etcd, 23, cpus: 2, gibibytes: 2, disk: 20),
        machine("master-1", .controlPlane, 31, cpus: 2, gibibytes: 4, disk: 30),
        machine("master-2", .controlPlane, 32, cpus: 2, gibibytes: 4, disk: 30),
        machine("worker-1", .worker, 41, cpus: 2, gibibytes: 6, disk: 40),
        machine("worker-2", .worker, 42, cpus: 2, gibibytes: 6, disk: 40),
        machine("worker-3", .worker, 43, cpus: 2, gibibytes: 6, disk: 40),
    ]

    private static func machine(
        _ name: String, _ role: Role, _ number: Int, cpus: Int64, gibibytes: Int, disk: Int,
        forwardMAC: String? = nil
    ) -> LaunchDefinition {
        let digits = String(number, radix: 16)
        return LaunchDefinition(
            name: name, role: role,
            uuid: "6F9619FF-8B86-4011-B42D-00CF4FC964\(digits.count < 2 ? "0" : "")\(digits.uppercased())",
            mac: "52:54:00:40:00:\(digits.count < 2 ? "0" : "")\(digits)", address: "192.168.64.\(number)", cpus: cpus,
            memory: gibibytes << 10, disk: disk << 10, image: "image-ubuntu-24.04",
            forwardMAC: forwardMAC)
    }

    static let newest = QemuVersion(major: 10, minor: 1, patch: 0)

    static func linux(_ accelerator: QemuAccelerator, version: QemuVersion = newest, hasSandbox: Bool = true)
        -> QemuHost
    {
        QemuHost(
            system: .linux, guest: .amd64, program: "qemu-system-x86_64", version: version, accelerator: accelerator,
            hasSandbox: hasSandbox)
    }

    static let macOS = QemuHost(
        system: .macOS, guest: .arm64, program: "qemu-system-aarch64", version: newest, accelerator: .hvf,
        firmware: "/opt/homebrew/Cellar/qemu/10.1.0/share/qemu/edk2-aarch64-code.fd")

    static func command(
        _ name: String, of plan: LaunchPlan = plan(.amd64), on host: QemuHost = linux(.kvm), port: Int? = 2200,
        api: Int? = 2201
    ) -> [String] {
        plan.machines.filter { $0.name == name }.flatMap {
            QemuMachineCommand(
                $0, of: plan, boot: plan.boot, names: names, host: host,
                ports: QemuPorts(ssh: port, api: api)
            ).arguments
        }
    }

    static func switchCommand(_ plan: LaunchPlan, on host: QemuHost) -> [String] {
        QemuSwitchCommand(names: names, machines: plan.machines.map(\.name), host: host).arguments
    }
}
