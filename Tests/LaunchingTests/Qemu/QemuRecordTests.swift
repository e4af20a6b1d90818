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
