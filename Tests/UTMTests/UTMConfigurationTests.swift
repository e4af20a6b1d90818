import BundleFormat
import Foundation
import TestSupport
import Testing
import Values

@testable import Launching
@testable import UTM

/// Every `config.plist` of the shipped topologies.
@Suite("UTM configuration")
struct UTMConfigurationTests {
    private static let isRecording = ProcessInfo.processInfo.environment["SLIPWAY_RECORD"] == "1"

    private static func configurations(_ plan: LaunchPlan, hypervisor: Bool = true) throws -> [UTMConfiguration] {
        let names = UTMNames(paths: try InstancePaths(name: plan.cluster, root: "/state"))
        return try plan.machines.map {
            try UTMConfiguration($0, in: plan, name: names.name(of: $0.name), hypervisor: hypervisor)
        }
    }

    private static func decoded(_ configuration: UTMConfiguration) throws -> [String: Any] {
        try #require(try FoundationReader.value(configuration.propertyList.bytes) as? [String: Any])
    }

    @Test("exactly the required and the used optional keys, each with its type", arguments: UTMPlans.names)
    func schema(name: String) throws {
        let plan = try UTMPlans.plan(name)
        let configurations = try Self.configurations(plan)
        #expect(configurations.count == ["ha": 11, "simple": 6][name])
        for configuration in configurations {
            let mismatches = UTMSchema.configuration.mismatches(try Self.decoded(configuration))
            #expect(mismatches == [], "\(configuration.information.name)")
        }
    }

    @Test("the schema notices a missing key, one too many, a wrong type and an unknown word")
    func schemaItself() throws {
        var list = try Self.decoded(try #require(try Self.configurations(try UTMPlans.plan("simple")).first))
        list["Backend"] = "qemu"
        list["Extra"] = 1
        list["Sound"] = nil
        var system = try #require(list["System"] as? [String: Any])
        system["MemorySize"] = "2048"
        system["ForceMulticore"] = 0
        list["System"] = system
        #expect(
            UTMSchema.configuration.mismatches(list).sorted() == [
                ".Backend is none of [\"QEMU\"]", ".Extra is too much", ".Sound is missing",
                ".System.ForceMulticore is no bool", ".System.MemorySize is no integer",
            ])
    }

    @Test("Python's plistlib reads the types too", arguments: UTMPlans.names)
    func python(name: String) throws {
        let directory = try Scratch()
        let configurations = try Self.configurations(try UTMPlans.plan(name))
        for configuration in configurations {
            let file = "\(directory.path)/\(configuration.information.name).plist"
            try Data(configuration.propertyList.bytes).write(to: URL(fileURLWithPath: file))
        }
        let program = """
            import glob, plistlib, sys
            for file in sorted(glob.glob(sys.argv[1] + '/*.plist')):
                p = plistlib.load(open(file, 'rb'))
                print(p['Information']['Name'], type(p['System']['MemorySize']).__name__,
                    type(p['QEMU']['Hypervisor']).__name__, type(p['ConfigurationVersion']).__name__, len(p['Drive']))
            """
        let lines = configurations.map { "\($0.information.name) int bool int 3\n" }.sorted()
        #expect(try Python.run(program, directory.path) == lines.joined())
    }

    @Test("what the machines' plan says", arguments: UTMPlans.names)
    func content(name: String) throws {
        let plan = try UTMPlans.plan(name)
        for (machine, configuration) in zip(plan.machines, try Self.configurations(plan)) {
            let list = try Self.decoded(configuration)
            let information = try #require(list["Information"] as? [String: Any])
            #expect(information["Name"] as? String == "\(name).\(machine.name)")
            #expect(information["UUID"] as? String == "\(machine.uuid)")
            let system = try #require(list["System"] as? [String: Any])
            #expect(
                system["MemorySize"] as? Int == machine.memory.mebibytes && system["CPUCount"] as? Int64 == machine.cpus
            )
            #expect(system["Architecture"] as? String == "aarch64" && system["Target"] as? String == "virt")
            let network = try #require((list["Network"] as? [[String: Any]])?.first)
            #expect(network["MacAddress"] as? String == machine.mac.description.uppercased())
            #expect(network["VlanGuestAddress"] as? String == "192.168.64.0/24")
            #expect(network["VlanDhcpEndAddress"] as? String == (name == "ha" ? "192.168.64.9" : "192.168.64.10"))
        }
    }

    @Test("the same bytes on every run, and nothing that two machines must not share", arguments: UTMPlans.names)
    func reproducible(name: String) throws {
        let plan = try UTMPlans.plan(name)
        let (once, again) = (try Self.configurations(plan), try Self.configurations(plan))
        #expect(once.map(\.propertyList.bytes) == again.map(\.propertyList.bytes))
        #expect(UTMLint(Array(zip(plan.machines, once))).defects() == [])
        #expect(Set(once.map { $0.drives[0].identifier }).count == plan.machines.count)
    }

    @Test("an amd64 guest: another board, BIOS, and no Hypervisor on an arm64 Mac")
    func amd64() throws {
        let plan = try UTMPlans.changed(architecture: .amd64)
        let configuration = try #require(try Self.configurations(plan, hypervisor: false).first)
        #expect(configuration.system.architecture == .x86 && configuration.system.target == "q35")
        let list = try Self.decoded(configuration)
        let qemu = try #require(list["QEMU"] as? [String: Any])
        #expect(qemu["UEFIBoot"] as? Bool == false && qemu["Hypervisor"] as? Bool == false)
        #expect(UTMSchema.configuration.mismatches(list) == [])
    }

    @Test("as a person has read them", arguments: ["ha", "simple"])
    func golden(name: String) throws {
        let plan = try UTMPlans.plan(name)
        let configuration = try #require(try Self.configurations(plan).first { $0.information.name.hasSuffix("jump") })
        let file = UTMPlans.directory.appendingPathComponent("\(name)-jump.config.plist")
        if Self.isRecording {
            try Data(configuration.propertyList.bytes).write(to: file)
            Issue.record("recorded \(file.lastPathComponent); look at it, then run without SLIPWAY_RECORD")
            return
        }
        #expect(
            String(decoding: configuration.propertyList.bytes, as: UTF8.self)
                == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test("a kernel beside the image is refused")
    func directBoot() throws {
        let plan = try UTMPlans.changed(boot: DirectBoot(kernel: "k", initrd: "i", arguments: "a"))
        #expect(throws: UTMError.directBoot(cluster: "simple")) { try Self.configurations(plan) }
        #expect(
            UTMError.directBoot(cluster: "simple").description
                == "simple's image is started with a kernel beside it (guest.boot), for which UTM would need arguments that it warns of. Choose an image that boots by itself, or the provider qemu."
        )
    }
}
