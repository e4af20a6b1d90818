import BundleFormat
import Bundling
import Diagnostics
import Foundation
import PKI
import TestSupport
import Testing

/// What a build reads, each refused with its reason and with whose fault it is.
@Suite struct InputTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    @Test func aSecretsFileIsMadeOnceAndForItsOwnerAlone() throws {
        let path = scratch.file("a.secret")
        try SecretsFile.create(path)
        #expect(try scratch.mode("a.secret") == 0o600)
        #expect(try scratch.bytes("a.secret").count == MasterSecret.byteCount)
        _ = try SecretsFile.read(path)
        #expect(throws: InputError.secretsFileExists(path: path)) { try SecretsFile.create(path) }
        #expect(throws: InputError.noFileName(path: "/")) { try SecretsFile.create("/") }
    }

    @Test func aSecretsFileThatOthersReadIsRefused() throws {
        let path = try scratch.write("b.secret", [UInt8](repeating: 7, count: MasterSecret.byteCount), mode: 0o640)
        #expect(throws: InputError.secretsReadable(path: path)) { try SecretsFile.read(path) }
        #expect(throws: InputError.secretsNotFile(path: scratch.path)) { try SecretsFile.read(scratch.path) }
        #expect(throws: InputError.noSecretsFile(path: path + "x")) { try SecretsFile.read(path + "x") }
        let short = try scratch.write("c.secret", [1, 2, 3], mode: 0o600)
        #expect { try SecretsFile.read(short) } throws: { "\($0)".contains(short) }
    }

    @Test func textIsTextAndNotTooLong() throws {
        let file = try scratch.write("text", "abc")
        #expect(try InputFile.text(file, limit: 3) == "abc")
        #expect(throws: InputError.tooLarge(path: file, limit: 2)) { try InputFile.text(file, limit: 2) }
        let binary = try scratch.write("binary", [0xFF, 0xFE])
        #expect(throws: InputError.notText(path: binary)) { try InputFile.text(binary) }
        let absent = #expect(throws: InputError.self) { try InputFile.text(scratch.file("absent")) }
        #expect(absent?.isEnvironment == false)
    }

    @Test func templatesComeFromTheirDirectoryWithoutWhatEditorsLeave() throws {
        try scratch.write("t/etcd/etcd.service", "a")
        try scratch.write("t/etcd/.etcd.service.swp", [0xFF])
        try scratch.write("t/.DS_Store", [0xFF])
        let sources = try TemplateDirectory.read(scratch.file("t"))
        #expect(sources.texts == ["etcd/etcd.service": "a"])
        let nowhere = scratch.file("nowhere")
        #expect(throws: InputError.unreadableTemplates(directory: nowhere)) {
            try TemplateDirectory.read(nowhere)
        }
        #expect(sources.paths == [scratch.file("t"), scratch.file("t/etcd"), scratch.file("t/etcd/etcd.service")])
    }

    @Test func theTemplatesInsideTheProgramAreThoseOfTheRepository() throws {
        let inside = try TemplateDirectory.read(nil)
        let outside = try TemplateDirectory.read(Repository.templates.path)
        #expect(Set(inside.texts.keys) == Set(outside.texts.keys))
        for (path, text) in outside.texts { #expect(inside.texts[path] == text, "\(path): build again") }
        #expect(inside.paths.isEmpty)
    }

    /// With what explains them, and never over something that is there.
    @Test func templatesAreExportedWholeOrNotAtAll() throws {
        let directory = scratch.file("new/templates")
        let paths = try TemplateDirectory.export(to: directory)
        #expect(paths == scratch.files(below: "new/templates"))
        #expect(paths.contains("README.md") && paths.count == scratch.files(below: "new").count)
        #expect(try TemplateDirectory.read(directory).texts == TemplateDirectory.read(nil).texts)
        #expect(throws: InputError.templatesExist(directory: directory)) {
            try TemplateDirectory.export(to: directory)
        }
    }

    /// What Make and Ninja would take for something else is not written down.
    @Test(arguments: ["a*b", "a\nb", "a%b", "a\\b", "lib(a)", "~me/a", "a=b", "a;b", ""])
    func aDependencyFileRefusesWhatItCannotName(path: String) {
        #expect(throws: InputError.unspeakable(path: path)) {
            try DependencyFile(target: "out/ha.tar", prerequisites: ["ha.yaml", path])
        }
    }

    @Test func withoutALockFileNothingIsPinned() throws {
        let input = try LockInput.load(for: scratch.file("x.yaml"))
        #expect(input.lock?.payloads.isEmpty == true && input.report.count == 0)
        try scratch.write("x.lock", "nonsense: [")
        let broken = try LockInput.load(for: scratch.file("x.yaml"))
        #expect(broken.lock == nil && broken.report.count > 0)
        #expect(broken.source.file == scratch.file("x.lock"))
    }

    @Test(arguments: ["x", "-1", "99999999999999999999"]) func theEpochIsANumber(text: String) throws {
        let spec = try scratch.write("x.yaml", "cluster: {}")
        #expect(throws: InputError.badEpoch(text)) { try TopologyInput.load(spec, ["SOURCE_DATE_EPOCH": text]) }
    }
}
