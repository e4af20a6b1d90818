import BundleFormat
import LaunchingSupport
import Testing
import Values

@testable import Launching
@testable import UTM

@Suite("UTM doctor")
struct UTMExaminerTests {
    private func findings(
        _ lab: UTMLab, plan: LaunchPlan? = nil, host: Computer = .mac()
    ) throws -> [Finding] {
        let plan = plan ?? lab.plan
        return lab.provider.examine(Examination(plan: plan, paths: lab.paths, machines: plan.machines, host: host))
    }

    private func failures(_ findings: [Finding]) -> [String] {
        findings.filter { $0.level == .failure }.map { $0.message + ($0.remedy.map { " | \($0)" } ?? "") }
    }

    @Test("a Mac on which all is well")
    func well() throws {
        let lab = try UTMLab()
        let found = try findings(lab)
        #expect(found.allSatisfy { $0.level == .ok })
        #expect(found.map(\.subject) == ["UTM", "architecture", "network", "processors", "memory", "disk"])
        #expect(found.first?.message == "5.0.3, \(lab.tools)/utmctl")
        #expect(lab.calls == ["utmctl version"], "it asks, and changes nothing")
    }

    @Test(
        "an address that moves between machines: what the shared network does with it, and what to use if it does not")
    func movingAddress() throws {
        let lab = try UTMLab()
        let told = try findings(lab, plan: UTMPlans.plan("ha-full")).filter { $0.message.contains("address moves") }
        #expect(told.map(\.level) == [.warning])
        #expect(told.first?.message.contains("between haproxy-1 and haproxy-2") == true)
        #expect(told.first?.remedy?.contains("--provider qemu") == true)
        let single = try findings(lab, plan: UTMPlans.plan("ha"))
        #expect(!single.contains { $0.message.contains("address moves") })
    }

    @Test("without a bundle it tells what the host can do")
    func noPlan() throws {
        let lab = try UTMLab()
        let found = lab.provider.examine(Examination(plan: nil, paths: lab.paths, machines: [], host: .mac()))
        #expect(found.map(\.subject) == ["UTM"])
    }

    @Test("another system")
    func linux() throws {
        let lab = try UTMLab()
        #expect(
            failures(try findings(lab, host: .mac(system: .linux))) == [
                "UTM needs macOS, and this is Linux | Use --provider qemu."
            ])
        #expect(lab.calls == [])
    }

    @Test("an old UTM", arguments: ["4.5.4", "3.2"])
    func old(_ version: String) throws {
        let lab = try UTMLab()
        try lab.hand("set", "version", "\"\(version)\"")
        #expect(
            failures(try findings(lab)) == [
                "UTM \(version) is too old: expected 4.6 or later. Bring it up to date with: brew upgrade --cask utm"
            ])
    }

    @Test("no permission, no desktop, an answer that is none")
    func unreachable() throws {
        let lab = try UTMLab()
        try lab.hand("set", "version", "\"?\"")
        #expect(
            failures(try findings(lab)) == [
                "'utmctl version' printed what is not understood: '?\n'. Report it with the version of UTM."
            ])
        try lab.flag("not-running", 100)
        #expect(failures(try findings(lab)).first?.hasPrefix("UTM does not answer") == true)
        try lab.flag("not-permitted")
        #expect(failures(try findings(lab)) == [UTMError.notPermitted.description])
    }

    @Test("a subnet that another interface is in; UTM's own bridge is none")
    func subnet() throws {
        let lab = try UTMLab()
        func network(_ interface: String, _ text: String) -> HostNetwork { HostNetwork(interface: interface, text) }
        let own = [
            network("lo0", "127.0.0.1/8"), network("bridge100", "192.168.64.1/24"), network("en0", "10.0.0.7/8"),
        ]
        #expect(failures(try findings(lab, host: .mac(networks: own))) == [])
        let clash = own + [network("utun4", "192.168.0.0/16")]
        #expect(
            failures(try findings(lab, host: .mac(networks: clash))) == [
                "the machines' subnet 192.168.64.0/24 overlaps 192.168.0.0/16, which utun4 of this host is in | Choose another network.subnet in the topology, or switch utun4 off."
            ])
        let foreign = [network("bridge100", "192.168.64.5/24")]
        #expect(failures(try findings(lab, host: .mac(networks: foreign))).count == 1)
    }

    @Test("vmnet's interfaces: as many as it has room for, one more, and those of another instance beside")
    func interfaces() throws {
        let lab = try UTMLab()
        func told(_ count: Int) throws -> [String] {
            let machines = (1...count).map { number in
                UTMPlans.machine(
                    "m-\(number)", address: "192.168.64.\(30 + number)",
                    mac: "d6:b6:67:57:6a:" + (number < 16 ? "0" : "") + String(number, radix: 16))
            }
            let plan = try UTMPlans.changed(machines: machines)
            let subject = Examination(
                plan: plan, paths: try InstancePaths(name: "other", root: lab.paths.root), machines: machines,
                host: .mac())
            return lab.provider.examine(subject).filter { $0.message.contains("vmnet") }.map {
                "\($0.level.rawValue): \($0.message) | \($0.remedy ?? "")"
            }
        }
        let rest =
            "vmnet is said to have room for, which is 32 | Start fewer machines, or use --provider qemu, whose machines need none."
        #expect(try told(32) == [])
        #expect(try told(33) == ["warning: 33 machines need more interfaces than macOS's \(rest)"])
        try lab.instance.save()
        try lab.start()
        #expect(try told(29) == [])
        #expect(try told(30) == ["warning: 30 machines beside 3 that run need more interfaces than macOS's \(rest)"])
    }

    @Test("bundles that UTM cannot run, and one that it runs slowly")
    func plans() throws {
        let lab = try UTMLab()
        #expect(
            failures(try findings(lab, plan: try UTMPlans.changed(sharesKernel: true))) == [
                "simple's machines share the host's kernel, and UTM's have their own | Set guest.kernel: own, or use --provider nspawn on Linux."
            ])
        #expect(
            failures(try findings(lab, plan: try UTMPlans.changed(gateway: "192.168.64.254"))).first?
                .hasPrefix("the gateway 192.168.64.254 cannot be UTM's") == true)
        let slow = try findings(lab, plan: try UTMPlans.changed(architecture: .amd64))
        #expect(
            slow.filter { $0.level == .warning }.map(\.message) == [
                "the bundle is for amd64 and this host is arm64: every instruction is emulated, ten times slower or more"
            ])
    }
}
