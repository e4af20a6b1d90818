import BundleFormat
import Foundation
import TestSupport
import Testing

@testable import Launching
@testable import UTM

/// Everything that UTM's decoders refuse, done to packages of the shipped topologies one by one.
@Suite("UTM package reader")
struct UTMPackageReaderTests {
    let directory: Scratch
    private var package: String { "\(directory.path)/m.utm" }

    init() throws { directory = try Scratch() }

    private func defects(
        _ topology: String = "ha", machine: Int = 0, change: ([String: Any]) -> [String: Any] = { $0 }
    ) throws -> [String] {
        let plan = try UTMPlans.plan(topology)
        let configuration = try UTMConfiguration(plan.machines[machine], in: plan, name: "m", hypervisor: true)
        let read = try FoundationReader.value(configuration.propertyList.bytes) as? [String: Any] ?? [:]
        let data = try PropertyListSerialization.data(fromPropertyList: change(read), format: .xml, options: 0)
        try directory.write("", to: "m.utm/config.plist")
        try data.write(to: URL(fileURLWithPath: "\(package)/config.plist"))
        for file in ["seed.iso", "depot.iso"] { try directory.write(file, to: "m.utm/Data/\(file)") }
        try Data(SmallQcow2(size: 1 << 20).bytes).write(to: URL(fileURLWithPath: "\(package)/Data/disk.qcow2"))
        return UTMPackageReader(package: package, machine: "m").defects.map(\.description)
    }

    @Test("every machine of the shipped topologies is read without a word")
    func shipped() throws {
        for name in UTMPlans.names {
            for index in try UTMPlans.plan(name).machines.indices {
                #expect(try defects(name, machine: index) == [])
            }
        }
    }

    @Test("every key of every section is missed")
    func missing() throws {
        let plan = try UTMPlans.plan("ha")
        let configuration = try UTMConfiguration(plan.machines[0], in: plan, name: "m", hypervisor: true)
        let document = try FoundationReader.value(configuration.propertyList.bytes) as? [String: Any] ?? [:]
        // UTM reads these if they are there, as its `decodeIfPresent` says.
        let optional = [
            "Drive.ImageName", "Drive.ReadOnly", "Drive.InterfaceVersion", "Network.VlanGuestAddress",
            "Network.VlanDhcpEndAddress", "Serial.TcpPort", "Serial.WaitForConnection",
            "Serial.RemoteConnectionAllowed",
        ]
        var count = 0
        for (section, value) in document {
            #expect(try defects { $0.filter { $0.key != section } }.first?.contains("\(section) is missing") == true)
            let first = (value as? [[String: Any]])?.first ?? value as? [String: Any] ?? [:]
            for key in first.keys where !optional.contains("\(section).\(key)") {
                var less = first
                less[key] = nil
                let found = try defects {
                    $0.merging([section: value is [Any] ? [less] : less]) { $1 }
                }
                #expect(found.first?.contains("\(key) is missing") == true, "\(section).\(key): \(found)")
                count += 1
            }
        }
        #expect(count > 35)
    }

    @Test(
        "other types and other spellings",
        arguments: [
            ("System", "MemorySize", "4096" as any Sendable), ("System", "Architecture", "arm64"),
            ("QEMU", "UEFIBoot", 1),
            ("Input", "UsbBusSupport", "USB 3.0"), ("Sharing", "DirectoryShareMode", "webdav"),
            ("Information", "UUID", 5),
        ])
    func wrong(_ section: String, _ key: String, _ value: any Sendable) throws {
        let found = try defects { document in
            var members = document[section] as? [String: Any] ?? [:]
            members[key] = value
            return document.merging([section: members]) { $1 }
        }
        #expect(found.first?.contains("\(section).\(key)") == true, "\(found)")
    }

    @Test("a key that UTM would forget, and what is no configuration")
    func unknown() throws {
        #expect(
            try defects { $0.merging(["Comment": "x"]) { $1 } }.first?.contains("Comment is unknown to UTM") == true)
        #expect(UTMPackageReader(package: package, machine: "m", isStrict: false).defects == [])
        try directory.write("<plist", to: "m.utm/config.plist")
        #expect(UTMPackageReader(package: package, machine: "m").defects.count == 1)
    }
}
