import BundleFormat
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching
@testable import UTM

@Suite("UTM package")
struct UTMPackageTests {
    let lab: UTMLab
    let machine: LaunchDefinition

    init() throws {
        lab = try UTMLab()
        machine = lab.plan.machines[0]
    }

    private var path: String { "state/lab/machines/etcd-1/lab.etcd-1.utm" }

    private func package(
        _ plan: LaunchPlan? = nil, runner: any CommandRunner = ProcessRunner(),
        clone: @escaping UTMPackage.Clone = { (source, target) throws(LaunchError) in
            try FileCopy.clone(source, to: target)
        }
    ) throws -> UTMPackage {
        let plan = plan ?? lab.plan
        return UTMPackage(
            machine: plan.machines[0], imageFile: plan.machines[0].image,
            configuration: try UTMConfiguration(plan.machines[0], in: plan, name: "lab.etcd-1", hypervisor: true),
            names: lab.names, runner: runner, clone: clone)
    }

    private func defects(_ package: UTMPackage) -> [String] {
        UTMPackageReader(package: package.path, machine: machine.name).defects.map(\.description)
    }

    @Test("everything that UTM needs and nothing that it would delete")
    func complete() throws {
        let package = try package()
        try package.prepare()
        #expect(try lab.directory.names(path) == ["Data", "config.plist"])
        #expect(try lab.directory.names("\(path)/Data") == ["depot.iso", "disk.qcow2", "seed.iso"])
        #expect(try lab.directory.read("\(path)/Data/seed.iso") == "seed of etcd-1")
        #expect(defects(package) == [])
        #expect(try QcowImage(path: package.disk).header?.size == 64 << 20, "the disk has the machine's size")
        #expect(try QcowImage(path: lab.paths.image("image")).header?.size == 1 << 20, "the image is as it was")
        #expect(try lab.directory.names("state/lab/machines/etcd-1") == ["lab.etcd-1.utm", "seed.iso"])
    }

    @Test("seed and depot are files of the package alone: a bookmark of one leads to no other name")
    func clones() throws {
        func isAlone() -> Bool {
            Files.identity(of: "\(lab.directory.path)/\(path)/Data/depot.iso")
                != Files.identity(of: lab.paths.depotImage)
        }
        try package().prepare()
        #expect(isAlone())
        // As an earlier version made it.
        try FileManager.default.removeItem(atPath: "\(lab.directory.path)/\(path)/Data/depot.iso")
        try FileManager.default.linkItem(
            atPath: lab.paths.depotImage, toPath: "\(lab.directory.path)/\(path)/Data/depot.iso")
        #expect(!isAlone())
        try package().prepare()
        #expect(isAlone())
    }

    @Test("a second time nothing is written")
    func again() throws {
        try package().prepare()
        func inodes() throws -> [String: FileIdentity?] {
            var result: [String: FileIdentity?] = [:]
            for file in ["config.plist", "Data", "Data/depot.iso", "Data/disk.qcow2", "Data/seed.iso"] {
                result[file] = Files.identity(of: "\(lab.directory.path)/\(path)/\(file)")
            }
            return result
        }
        let before = try inodes()
        try package(clone: { (_, target) throws(LaunchError) in
            throw .system(call: "write", path: target, reason: "it was not to be written")
        }).prepare()
        #expect(try inodes() == before)
    }

    @Test("another seed and depot come in, the disk stays")
    func newSeed() throws {
        try package().prepare()
        try lab.directory.write("the machine's own data", to: "\(path)/Data/disk.qcow2")
        try lab.directory.write("new seed", to: "state/lab/machines/etcd-1/seed.iso")
        try lab.directory.write("new depot", to: "state/lab/depot.iso")
        try package().prepare()
        #expect(try lab.directory.read("\(path)/Data/seed.iso") == "new seed")
        #expect(try lab.directory.read("\(path)/Data/depot.iso") == "new depot")
        #expect(try lab.directory.read("\(path)/Data/disk.qcow2") == "the machine's own data")
    }

    @Test("a machine that is given a larger disk gets it at its next start, and a smaller one never")
    func otherDisk() throws {
        try package().prepare()
        func changed(disk: Int) throws -> LaunchPlan {
            try UTMPlans.changed(machines: [UTMPlans.machine("etcd-1", address: "192.168.64.21", disk: disk)])
        }
        try package(try changed(disk: 128)).prepare()
        #expect(try QcowImage(path: try package().disk).header?.size == 128 << 20)
        try package(try changed(disk: 32)).prepare()
        #expect(try QcowImage(path: try package().disk).header?.size == 128 << 20)
    }

    @Test("a copy that fails leaves no package, and the next call makes it whole")
    func interrupted() throws {
        let failing = try package(clone: { (source, target) throws(LaunchError) in
            try FileCopy.clone(source, to: target)
            throw .system(call: "write", path: target, reason: "the disk is full")
        })
        #expect(
            throws: LaunchError.system(
                call: "write", path: "\(lab.paths.machine("etcd-1"))/disk.begun", reason: "the disk is full")
        ) { try failing.prepare() }
        #expect(!Files.exists(failing.path))
        try package().prepare()
        #expect(try lab.directory.names("state/lab/machines/etcd-1") == ["lab.etcd-1.utm", "seed.iso"])
    }

    @Test("drives that were put aside come back, also to a package that was removed meanwhile")
    func keptData() throws {
        let package = try package()
        try package.prepare()
        try lab.directory.write("the machine's own data", to: "\(path)/Data/disk.qcow2")
        try package.keepData()
        try package.keepData()
        #expect(try lab.directory.names(path) == ["config.plist"])
        try FileManager.default.removeItem(atPath: package.path)
        try package.prepare()
        #expect(try lab.directory.read("\(path)/Data/disk.qcow2") == "the machine's own data")
        #expect(try lab.directory.names("state/lab/machines/etcd-1") == ["lab.etcd-1.utm", "seed.iso"])
    }

    @Test("what is missing is named", arguments: ["depot.iso", "machines/etcd-1/seed.iso", "images/image"])
    func missing(_ file: String) throws {
        let gone = "\(lab.paths.directory)/\(file)"
        try FileManager.default.removeItem(atPath: gone)
        let package = try package()
        let purposes = [
            "depot.iso": "the payloads", "machines/etcd-1/seed.iso": "the seed of etcd-1",
            "images/image": "a machine's disk image",
        ]
        #expect(
            lab.refusal { try package.prepare() }
                == "\(gone), \(purposes[file] ?? ""), is missing. Bring the bundle up again.")
        #expect(!Files.exists(package.path))
    }

    @Test("an image with a backing file and a damaged one are refused")
    func badImages() throws {
        let image = URL(fileURLWithPath: lab.paths.image("image"))
        let package = try package()
        try Data(SmallQcow2(size: 1, backingFile: 500).bytes).write(to: image)
        #expect(
            lab.refusal { try package.prepare() }
                == "\(image.path) cannot be a machine's disk: it has a backing file, and UTM needs a full copy")
        try Data(SmallQcow2(size: 1, incompatible: 2).bytes).write(to: image)
        #expect(
            lab.refusal { try package.prepare() }
                == "\(image.path) cannot be a machine's disk: it is marked as damaged")
    }

    @Test(
        "a raw image is converted, and an image that needs more than its header is resized, by qemu-img",
        .enabled(if: QcowImageTests.hasTool))
    func qemuImg() throws {
        let image = URL(fileURLWithPath: lab.paths.image("image"))
        try Data(count: 1 << 20).write(to: image)
        let package = try package()
        try package.prepare()
        #expect(try QcowImage(path: package.disk).header?.size == 64 << 20)
        try FileManager.default.removeItem(atPath: package.path)
        try FileManager.default.removeItem(at: image)
        try ProcessRunner().require(
            ExternalCommand(["qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=512", image.path, "1M"]))
        try package.prepare()
        #expect(try QcowImage(path: package.disk).header?.size == 64 << 20)
    }

    @Test("the lint names what a package must not have")
    func lint() throws {
        let package = try package()
        try package.prepare()
        try lab.directory.write("", to: "\(path)/Data/efi_vars.fd")
        #expect(defects(package) == [], "UTM's own files are no defect")
        try lab.directory.write("", to: "\(path)/Data/old.qcow2")
        try lab.directory.write("raw", to: "\(path)/Data/disk.qcow2")
        try FileManager.default.removeItem(atPath: "\(package.data)/seed.iso")
        #expect(
            defects(package) == [
                "etcd-1: Data/disk.qcow2 is written by the machine and is not a qcow2 image, the only one that UTM keeps",
                "etcd-1: its drive's file Data/seed.iso is missing",
                "etcd-1: no drive uses Data/old.qcow2, so UTM would delete it; move it somewhere else",
            ])
        try Data(SmallQcow2(size: 1, backingFile: 500).bytes).write(to: URL(fileURLWithPath: package.disk))
        #expect(
            defects(package).first
                == "etcd-1: Data/disk.qcow2 has a backing file, which UTM's sandbox does not let QEMU open; expected a full copy"
        )
    }
}
