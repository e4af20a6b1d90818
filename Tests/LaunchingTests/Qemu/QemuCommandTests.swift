import BundleFormat
import LaunchingSupport
import Testing
import Values

@testable import Launching
@testable import Qemu

@Suite("qemu commands")
struct QemuCommandTests {
    /// The values of an option.
    static func values(_ option: String, _ arguments: [String]) -> [String] {
        zip(arguments, arguments.dropFirst()).filter { $0.0 == option }.map(\.1)
    }

    @Test("the name is the first option, so that a process is found by it")
    func name() {
        #expect(QemuSample.command("etcd-1").prefix(3) == ["qemu-system-x86_64", "-name", "slipway-0123abcd-etcd-1"])
        let hub = QemuSample.switchCommand(QemuSample.plan(.amd64), on: QemuSample.macOS)
        #expect(hub.prefix(3) == ["qemu-system-aarch64", "-name", "slipway-0123abcd--switch"])
    }

    @Test("an older QEMU counts seconds between connections")
    func reconnection() {
        for (version, expected) in [
            (QemuVersion(major: 8, minor: 0, patch: 0), "reconnect=1"),
            (QemuVersion(major: 9, minor: 1, patch: 3), "reconnect=1"),
            (QemuVersion(major: 9, minor: 2, patch: 0), "reconnect-ms=1000"),
            (QemuVersion(major: 11, minor: 0, patch: 0), "reconnect-ms=1000"),
        ] {
            let command = QemuSample.command("etcd-1", on: QemuSample.linux(.kvm, version: version))
            #expect(
                Self.values("-netdev", command) == [
                    "stream,id=lan,server=off,addr.type=unix,addr.path=machines/etcd-1/net,\(expected)"
                ])
        }
    }

    @Test("only a machine with a second interface, and only with a port, is forwarded to")
    func forward() {
        let jump = QemuSample.command("jump")
        #expect(
            Self.values("-netdev", jump).last
                == "user,id=forward,ipv6=off,restrict=on,net=10.0.2.0/24,hostfwd=tcp:127.0.0.1:2200-:22")
        #expect(jump.contains("virtio-net-pci,netdev=forward,mac=52:54:00:40:01:0c,romfile="))
        #expect(Self.values("-netdev", QemuSample.command("jump", port: nil)).count == 1)
        #expect(Self.values("-netdev", QemuSample.command("etcd-1")).count == 1)
    }

    @Test("the API's port leads to the cluster's endpoint, at the address that HAProxy listens at")
    func api() {
        let balancer = QemuSample.command("haproxy")
        #expect(
            Self.values("-netdev", balancer).last
                == "user,id=forward,ipv6=off,restrict=on,net=10.0.2.0/24,hostfwd=tcp:127.0.0.1:2201-192.168.64.10:6443")
        #expect(balancer.contains("virtio-net-pci,netdev=forward,mac=52:54:00:40:01:0a,romfile="))
        #expect(Self.values("-netdev", QemuSample.command("haproxy", api: nil)).count == 1)
        #expect(Self.values("-netdev", QemuSample.command("master-1")).count == 1)
    }

    @Test(
        "the forwarding network keeps clear of the cluster's",
        arguments: [
            ("192.168.64.0/24", "10.0.2.0/24"), ("10.0.2.0/24", "10.0.3.0/24"), ("10.0.2.7/32", "10.0.3.0/24"),
            ("10.0.0.0/22", "10.0.4.0/24"), ("10.0.0.0/8", "192.168.2.0/24"), ("10.0.3.0/24", "10.0.2.0/24"),
            ("0.0.0.0/0", "10.0.2.0/24"),
        ])
    func userNetwork(subnet: String, expected: String) {
        #expect(QemuUserNetwork(.ssh, port: 1, avoiding: network(subnet)).network == network(expected))
    }

    @Test("a comma in a value is doubled")
    func commas() {
        #expect(QemuOption.value("a,b,,c") == "a,,b,,,,c")
        #expect(QemuOption.value("plain") == "plain")
    }

    @Test("arm64 boots by its firmware, unless the kernel is given")
    func firmware() {
        let boot = DirectBoot(kernel: "k", initrd: "i", arguments: "console=ttyAMA0 quiet")
        #expect(
            Self.values("-bios", QemuSample.command("vault", of: QemuSample.plan(.arm64), on: QemuSample.macOS)).count
                == 1)
        let direct = QemuSample.command("vault", of: QemuSample.plan(.arm64, boot: boot), on: QemuSample.macOS)
        #expect(Self.values("-bios", direct).isEmpty)
        #expect(Self.values("-kernel", direct) == ["images/k"] && Self.values("-initrd", direct) == ["images/i"])
        #expect(Self.values("-append", direct) == ["console=ttyAMA0 quiet"])
    }

    @Test("translated processors")
    func processors() {
        #expect(QemuAccelerator.tcg.processor(for: .amd64) == "Nehalem")
        #expect(QemuAccelerator.tcg.processor(for: .arm64) == "max,pauth-impdef=on")
        #expect(
            QemuAccelerator.kvm.processor(for: .arm64) == "host" && QemuAccelerator.hvf.processor(for: .arm64) == "host"
        )
    }
}
