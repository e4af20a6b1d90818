import BundleFormat
import TestSupport
import Testing
import Values

@testable import Launching
@testable import UTM

@Suite("UTM record")
struct UTMRecordTests {
    @Test("it reads back as it was written; a later version and damage are refused")
    func roundTrip() throws {
        let directory = try Scratch()
        let path = directory.path + "/utm.json"
        #expect(try UTMRecord.read(path) == nil)
        let digest = try Digest(hex: String(repeating: "b", count: 64))
        let record = UTMRecord(name: "lab.etcd-1", uuid: "U", configuration: digest, isRegistered: false)
        try record.save(to: path)
        #expect(try UTMRecord.read(path) == record)
        try record.registered(as: "V").save(to: path)
        #expect(try UTMRecord.read(path) == record.registered(as: "V"))
        try directory.write(#"{"version":2}"#, to: "utm.json")
        let error = #expect(throws: LaunchError.self) { try UTMRecord.read(path) }
        #expect(error?.description.contains("utm.json") == true)
        try directory.write("{", to: "utm.json")
        #expect(throws: LaunchError.self) { try UTMRecord.read(path) }
    }
}
