package import Foundation
import Synchronization
package import SystemPackage

/// A directory of a test's own, removed with its owner, or with this process where the owner lives as long.
package final class Scratch: Sendable {
    /// Without symbolic links.
    package let url: URL
    package var path: String { url.path }

    /// - Parameter inMemory: on a file system without a disk where there is one, for thousands of runs that sync.
    package init(inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let isThere = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
        let directory = (isThere ? memory : FileManager.default.temporaryDirectory)
            .appendingPathComponent("slipway-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        url = directory.resolvingSymlinksInPath()
        _ = Self.removesAllAtExit
        Self.existing.withLock { [url] in _ = $0.insert(url) }
    }

    deinit {
        do { try FileManager.default.removeItem(at: url) } catch { print("left behind: \(path): \(error)") }
        Self.existing.withLock { [url] in _ = $0.remove(url) }
    }

    private static let existing = Mutex<Set<URL>>([])
    private static let removesAllAtExit: Void = {
        atexit { for url in Scratch.existing.withLock({ $0 }) { try? FileManager.default.removeItem(at: url) } }
    }()

    package func file(_ name: String) -> String { "\(path)/\(name)" }
    package func filePath(_ name: String) -> FilePath { FilePath(file(name)) }

    /// Makes or replaces a file, and the directories above it; `mode` holds whatever the umask.
    ///
    /// - Returns: its path.
    @discardableResult
    package func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o644) throws -> String {
        let file = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        return file.path
    }

    @discardableResult
    package func write(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
        try write(name, Array(text.utf8), mode: mode)
    }

    /// The same for what only its owner may read, which ssh and ssh-keygen insist on.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try write(name, Array(text.utf8), mode: 0o600)
    }

    /// Makes a program, a script of sh(1).
    ///
    /// Not this process writes it: its other threads start children that would have the file open for writing still, and the
    /// kernel runs no file that is ("Text file busy").
    @discardableResult
    package func program(_ name: String, _ script: String) throws -> String {
        let writing = #"mkdir -p "$(dirname "$0")" && cat >"$0" && chmod 755 "$0""#
        _ = try Child.run(["/bin/sh", "-c", writing, file(name)], input: "#!/bin/sh\n\(script)\n")
        return file(name)
    }

    package func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    package func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

    package func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    package func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
        return attributes[.posixPermissions] as? Int ?? -1
    }

    /// The names in the directory, or in one below it, sorted.
    package func names(_ name: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file(name)).sorted()
    }

    /// All regular files below a directory, sorted, relative to it.
    package func files(below name: String) -> [String] {
        let root = file(name)
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        var isDirectory: ObjCBool = false
        return names.filter { path in
            unsafe FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isDirectory)
                && !isDirectory.boolValue
        }.sorted()
    }

    /// Copies a tree of this directory with modes and owners.
    package func copy(_ name: String, to newName: String) throws {
        try? FileManager.default.removeItem(atPath: file(newName))
        try FileManager.default.copyItem(atPath: file(name), toPath: file(newName))
    }

    package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

    /// Opens a file for reading, closes it after `body`.
    package func reading<T>(_ name: String, _ body: (FileDescriptor) throws -> T) throws -> T {
        let descriptor = try FileDescriptor.open(filePath(name), .readOnly)
        return try descriptor.closeAfter { try body(descriptor) }
    }

    /// Creates a file for writing, closes it after `body`.
    package func writing<T>(_ name: String, _ body: (FileDescriptor) throws -> T) throws -> T {
        let descriptor = try FileDescriptor.open(
            filePath(name), .readWrite, options: [.create, .truncate], permissions: [.ownerReadWrite])
        return try descriptor.closeAfter { try body(descriptor) }
    }
}
