import Foundation
import SystemPackage

/// A directory of a test's own, removed when the test ends.
final class Scratch {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.appendingPathComponent("slipway-archive-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
        return attributes[.posixPermissions] as? Int ?? -1
    }

    /// Opens a file for reading, closes it after `body`.
    func reading<T>(_ name: String, _ body: (FileDescriptor) throws -> T) throws -> T {
        let descriptor = try FileDescriptor.open(FilePath(file(name)), .readOnly)
        return try descriptor.closeAfter { try body(descriptor) }
    }

    /// Creates a file for writing, closes it after `body`.
    func writing<T>(_ name: String, _ body: (FileDescriptor) throws -> T) throws -> T {
        let descriptor = try FileDescriptor.open(
            FilePath(file(name)), .readWrite, options: [.create, .truncate], permissions: [.ownerReadWrite])
        return try descriptor.closeAfter { try body(descriptor) }
    }
}
