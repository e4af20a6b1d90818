import BundleFormat
import HostSystem
import TestSupport
import Testing

@testable import Launching
@testable import Qemu

@Suite("qemu record")
struct QemuRecordTests {
    @Test("what was saved is read back; none is an empty one")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let paths = try InstancePaths(name: "lab", root: directory.path)
        #expect(try QemuRecord.read(paths) == QemuRecord())
        var record = QemuRecord()
        record.forwardPort = 22_022
        record.apiPort = 22_023
        record.ports = ["etcd-1", "jump"]
        try Files.makeDirectory(paths.directory)
        try record.save(paths)
        #expect(try QemuRecord.read(paths) == record)
    }

    @Test(
        "what cannot be read says where and why",
        arguments: [
            ("", "qemu.json"), (#"{"version":9,"ports":[]}"#, "version 9"),
            (#"{"version":1,"forwardPort":70000}"#, "forwardPort"),
        ])
    func damaged(_ text: String, _ says: String) throws {
        let directory = try TemporaryDirectory()
        let paths = try InstancePaths(name: "lab", root: directory.path)
        try directory.write(text, to: "lab/qemu.json")
        let error = #expect(throws: LaunchError.self) { try QemuRecord.read(paths) }
        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
    }
}

@Suite("loopback ports")
struct LoopbackPortTests {
    private let tag = "slipway-0000abcd"

    @Test("what was asked for, or nothing")
    func asked() throws {
        #expect(try LoopbackPort.choose(wanted: 2222, last: 30_000, tag: tag, isFree: { _ in true }) == 2222)
        #expect(throws: LaunchError.portInUse(2222)) {
            try LoopbackPort.choose(wanted: 2222, last: nil, tag: tag, isFree: { $0 != 2222 })
        }
    }

    @Test("the last one while it is free, else one that the instance's own name leads to")
    func last() throws {
        #expect(try LoopbackPort.choose(wanted: nil, last: 23_456, tag: tag, isFree: { _ in true }) == 23_456)
        let first = try LoopbackPort.choose(wanted: nil, last: nil, tag: tag, isFree: { _ in true })
        #expect((22_000..<30_000).contains(first))
        #expect(try LoopbackPort.choose(wanted: nil, last: 23_456, tag: tag, isFree: { $0 != 23_456 }) == first)
        #expect(try LoopbackPort.choose(wanted: nil, last: nil, tag: tag, isFree: { $0 != first }) != first)
    }

    @Test("two instances mostly do not want the same")
    func apart() throws {
        let ports = try ["0001", "7fff", "abcd", "ffff"].map {
            try LoopbackPort.choose(wanted: nil, last: nil, tag: "slipway-0000\($0)", isFree: { _ in true })
        }
        #expect(Set(ports).count == 4)
    }

    @Test("none at all")
    func none() {
        #expect(throws: LaunchError.self) {
            try LoopbackPort.choose(wanted: nil, last: nil, tag: tag, isFree: { _ in false })
        }
    }
}
