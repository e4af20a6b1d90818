import Foundation

/// A directory that goes when the test ends.
final class Scratch {
    let path: String

    /// - Parameter inMemory: on a file system without a disk where there is one, for thousands of runs that sync
    init(inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let isThere = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
        let directory = (isThere ? memory : FileManager.default.temporaryDirectory).appendingPathComponent(
            "slipway-applying-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.resolvingSymlinksInPath().path
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path): \(error)") }
    }

    func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file and makes the directories above it.
    func write(_ name: String, _ content: [UInt8], mode: Int = 0o644) throws {
        let file = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    func write(_ name: String, _ text: String, mode: Int = 0o644) throws {
        try write(name, Array(text.utf8), mode: mode)
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    /// Copies a tree of this directory with modes and owners.
    func copy(_ name: String, to newName: String) throws {
        try? FileManager.default.removeItem(atPath: path(newName))
        try FileManager.default.copyItem(atPath: path(name), toPath: path(newName))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }
}
