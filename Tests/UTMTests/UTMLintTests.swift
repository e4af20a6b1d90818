import BundleFormat
import Testing
import Values

@testable import Launching
@testable import UTM

@Suite("UTM lint")
struct UTMLintTests {
    private func defects(_ change: (inout [UTMConfiguration]) -> Void) throws -> [String] {
        let plan = try UTMPlans.plan("simple")
        var configurations = try plan.machines.map {
            try UTMConfiguration($0, in: plan, name: "lab.\($0.name)", hypervisor: true)
        }
        change(&configurations)
        return UTMLint(Array(zip(plan.machines, configurations))).defects().map(\.description)
    }

    @Test("the shipped machines have none") func none() throws { #expect(try defects { _ in } == []) }

    @Test("unknown hardware is named with what is known")
    func hardware() throws {
        #expect(
            try defects {
                $0[0].networks[0].hardware = "virtio-net"
                $0[0].networks[0].mode = "shared"
                $0[1].system.target = "virt-99"
                $0[1].system.cpu = "cortex-a999"
                $0[2].drives[0].interface = "virtio"
            } == [
                "vault: Network.Hardware 'virtio-net' is unknown to UTM; expected one of virtio-net-pci, e1000, e1000e, igb, vmxnet3, rtl8139",
                "vault: Network.Mode 'shared' is unknown to UTM; expected one of Emulated, Shared, Host, Bridged",
                "jump: System.Target 'virt-99' is unknown to UTM; expected one of virt",
                "jump: System.CPU 'cortex-a999' is unknown to UTM; expected one of default, host, max",
                "etcd-1: Drive.Interface 'virtio' is unknown to UTM; expected one of VirtIO, USB, NVMe, SCSI, IDE",
            ])
    }

    @Test(
        "MAC addresses",
        arguments: [
            "D6:B6:67:57:6A", "D6:B6:67:57:6A:5", "D6-B6-67-57-6A-55", "D6:B6:67:57:6A:5G", "D7:B6:67:57:6A:55",
            "00:00:00:00:00:00", "", "D6:B6:67:57:6A:55:00",
        ])
    func macs(_ mac: String) throws {
        #expect(
            try defects { $0[0].networks[0].mac = mac } == [
                "vault: '\(mac)' is not a machine's MAC address; expected six pairs of digits like D6:B6:67:57:6A:55, the first one even"
            ])
    }

    @Test("what two machines share, however it is spelled")
    func duplicates() throws {
        #expect(
            try defects {
                $0[1].networks[0].mac = $0[0].networks[0].mac.lowercased()
                $0[2].information.uuid = $0[0].information.uuid.lowercased()
                $0[4].information.name = "lab worker1"
                $0[5].information.name = "LAB worker-1"
            } == [
                "worker-1 and worker-2 have the same name in QEMU, lab worker1",
                "vault and etcd-1 have the same UUID, \(try UTMPlans.plan("simple").machines[0].uuid)",
                "vault and jump have the same MAC address, \(try UTMPlans.plan("simple").machines[0].mac.description.uppercased())",
            ])
    }

    @Test("drives")
    func drives() throws {
        #expect(
            try defects {
                $0[0].drives[1].identifier = "SLIP-WAY"
                $0[0].drives[2].isReadOnly = false
                $0[1].drives[0].imageName = "../disk.qcow2"
            } == [
                "vault: two drives are seen by the guest as 'SLIPWAY', the first 20 characters of their identifiers without dashes",
                "vault: the CD Data/depot.iso must be read-only",
                "jump: the drive's file '../disk.qcow2' is not a plain name in Data",
            ])
    }

    @Test("names, identities and sizes that cannot be")
    func identity() throws {
        #expect(
            try defects {
                $0[0].information.name = ".-"
                $0[1].information.uuid = "A83E54C2AFDF87F2B35CB5F0ADDDFAF8"
                $0[2].system.memory = 0
            } == [
                "vault: its name has no letter, digit or space, so QEMU would get none",
                "jump: 'A83E54C2AFDF87F2B35CB5F0ADDDFAF8' is not a UUID; expected the form 6F9619FF-8B86-D011-B42D-00CF4FC964FF",
                "etcd-1: it has no memory or no processor",
            ])
    }

    @Test("a network that is not the others', and DHCP over a machine's address")
    func networks() throws {
        #expect(
            try defects {
                $0[1].networks[0].subnet = "192.168.65.0/24"
                $0[2].networks[0].dhcpEnd = "192.168.64.12"
            } == [
                "jump: its network is 192.168.65.0/24, and the others' is 192.168.64.0/24; they could not reach each other",
                "etcd-1: DHCP gives addresses up to 192.168.64.12, and 192.168.64.11 is vault's",
                "etcd-1: DHCP gives addresses up to 192.168.64.12, and 192.168.64.12 is jump's",
            ])
    }
}
