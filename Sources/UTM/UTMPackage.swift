import Archive
import BundleFormat
import Foundation
import HostSystem
import Launching
import Values

/// One machine's package, a directory that UTM shows as a file: `config.plist` and `Data` with the drives.
///
/// A package appears whole or not at all. Its disk is a full copy of the image, since UTM's sandbox does not let QEMU reach
/// outside; seed and depot are clones of the instance's own files, and no second names of them: UTM hands QEMU a bookmark of
/// each file, and a bookmark of a file with two names may lead to the one outside of the package. Nothing here may be called
/// for a machine that is not stopped.
struct UTMPackage: Sendable {
    typealias Clone = @Sendable (_ source: String, _ target: String) throws(LaunchError) -> Void

    let machine: LaunchDefinition
    /// The file below the instance's `images` that its disk begins as.
    let imageFile: String
    let configuration: UTMConfiguration
    let names: UTMNames
    let runner: any CommandRunner
    /// Copies a file without taking space where the file system can.
    let clone: Clone

    var path: String { names.package(of: machine.name) }
    var record: String { names.record(of: machine.name) }
    var data: String { "\(path)/Data" }
    var disk: String { names.disk(of: machine.name) }
    var configurationBytes: [UInt8] { configuration.propertyList.bytes }

    /// Makes the package what it should be; a disk that is there stays, and what is equal is not written.
    func prepare() throws(LaunchError) {
        try restoreKeptData()
        if !Files.exists(path) {
            let begun = "\(path).new"
            try Files.remove(begun)
            try Files.makeDirectory("\(begun)/Data", mode: 0o700)
            try makeDisk(at: "\(begun)/Data/disk.qcow2")
            try fill(begun)
            try Files.rename(begun, to: path)
        } else {
            try Files.makeDirectory(data, mode: 0o700)
            // The topology may give the machine a larger disk than it had.
            if Files.exists(disk) { try grow(disk) } else { try makeDisk(at: disk) }
            try fill(path)
        }
    }

    /// The machine's name as its package has it now; nil when that cannot be read.
    static func savedName(in package: String) -> String? {
        guard let data = FileManager.default.contents(atPath: "\(package)/config.plist") else { return nil }
        let document = try? unsafe PropertyListSerialization.propertyList(from: data, format: nil) as? [String: Any]
        return (document?["Information"] as? [String: Any])?["Name"] as? String
    }

    /// Takes the drives out, before UTM is told to delete the machine and removes the package.
    func keepData() throws(LaunchError) {
        let kept = names.keptData(of: machine.name)
        guard Files.exists(disk), !Files.exists(kept) else { return }
        try Files.rename(data, to: kept)
    }

    /// Puts back what ``keepData()`` took out. A call that was killed in between is made good by the next.
    private func restoreKeptData() throws(LaunchError) {
        let kept = names.keptData(of: machine.name)
        guard Files.exists(kept), !Files.exists(disk) else { return }
        try Files.makeDirectory(path)
        try Files.remove(data)
        try Files.rename(kept, to: data)
    }

    private func fill(_ package: String) throws(LaunchError) {
        try place(
            names.paths.seedImage(of: machine.name), at: "\(package)/Data/seed.iso", "the seed of \(machine.name)")
        try place(names.paths.depotImage, at: "\(package)/Data/depot.iso", "the payloads")
        // What UTM has saved there since it read it stays: a name that a person gave the machine, for one.
        if try UTMRecord.read(record)?.configuration == Digest(hashing: configurationBytes),
            Files.exists("\(package)/config.plist")
        {
            return
        }
        // Last: only with it UTM takes the directory for a machine.
        try Files.write(configurationBytes, to: "\(package)/config.plist", mode: 0o644)
    }

    // MARK: Disk

    /// Made beside the package and renamed: what has the disk's name is whole.
    private func makeDisk(at target: String) throws(LaunchError) {
        let image = names.paths.image(imageFile)
        let begun = names.begun(of: machine.name)
        try Files.remove(begun)
        try Files.makeDirectory(names.paths.machine(machine.name))
        let header = try LaunchError.from { () throws(UTMError) in try QcowImage(path: image).header }
        if let header {
            if header.hasBackingFile {
                throw LaunchError(.badImage(path: image, reason: "it has a backing file, and UTM needs a full copy"))
            }
            if header.isDamaged { throw LaunchError(.badImage(path: image, reason: "it is marked as damaged")) }
            try clone(image, begun)
        } else {
            try convert(image, to: begun)
        }
        do { try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: begun) } catch {
            throw .system(call: "change the mode of", path: begun, reason: error.localizedDescription)
        }
        try grow(begun)
        try Files.rename(begun, to: target)
    }

    private func convert(_ image: String, to target: String) throws(LaunchError) {
        guard let tool = try? ProcessRunner.executable("qemu-img") else {
            throw LaunchError(.needsConversion(path: image))
        }
        try runner.require(ExternalCommand([tool, "convert", "-f", "raw", "-O", "qcow2", image, target]))
    }

    /// A disk that is larger than asked for stays so: a guest would lose what is at its end. What is no qcow2 image is left
    /// to ``UTMPackageLint``.
    private func grow(_ file: String) throws(LaunchError) {
        let size = UInt64(machine.disk.mebibytes) << 20
        do throws(UTMError) { try QcowImage(path: file).grow(to: size) } catch {
            guard let tool = try? ProcessRunner.executable("qemu-img") else { throw LaunchError(error) }
            try runner.require(ExternalCommand([tool, "resize", "-f", "qcow2", file, "\(size)"]))
        }
    }

    // MARK: Seed and depot

    /// A file that has its source's size and time came from it; a gigabyte is not read again at each start.
    private func place(_ source: String, at target: String, _ purpose: String) throws(LaunchError) {
        guard let wanted = FileMark(source) else { throw LaunchError(.noFile(path: source, purpose: purpose)) }
        if FileMark(target) == wanted, Files.identity(of: target) != Files.identity(of: source) { return }
        let begun = "\(names.paths.machine(machine.name))/clone.begun"
        try Files.remove(begun)
        try clone(source, begun)
        do {
            try FileManager.default.setAttributes([.modificationDate: wanted.modified], ofItemAtPath: begun)
        } catch { throw .system(call: "set the time of", path: begun, reason: error.localizedDescription) }
        try Files.rename(begun, to: target)
    }
}

/// What tells a file from one that was written later.
private struct FileMark: Equatable {
    let size: Int64
    let modified: Date

    init?(_ path: String) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let size = (attributes[.size] as? NSNumber)?.int64Value,
            let modified = attributes[.modificationDate] as? Date
        else { return nil }
        (self.size, self.modified) = (size, modified)
    }

    /// A time that was set comes back a little off.
    static func == (left: FileMark, right: FileMark) -> Bool {
        left.size == right.size && abs(left.modified.timeIntervalSince(right.modified)) < 0.001
    }
}
