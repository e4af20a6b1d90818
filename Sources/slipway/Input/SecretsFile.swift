import Archive
import BundleFormat
import Foundation
import HostSystem
import PKI
import SystemPackage
import Values

/// The secrets file: 32 random bytes from which every key of a cluster follows.
enum SecretsFile {
    /// Makes a new one, readable by its owner alone from the first byte; never replaces one.
    static func create(_ path: String) throws(CommandFailure) {
        let target = FilePath(path)
        guard let name = target.lastComponent?.string else {
            throw CommandFailure(.usage, "'\(path)' is not the name of a file")
        }
        if InputFile.exists(path) { throw Self.exists(path) }
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<MasterSecret.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        do {
            let file = try AtomicFile.create(in: target.removingLastComponent(), permissions: 0o600)
            try file.write(bytes)
            try file.commit(as: name, replacing: false)
        } catch {
            if case .system(_, _, let errno) = error, errno == .fileExists { throw Self.exists(path) }
            throw CommandFailure(.environment, "\(error)")
        }
    }

    private static func exists(_ path: String) -> CommandFailure {
        CommandFailure(
            .input, "\(path) exists already",
            help: "all keys of a cluster come from it: choose another name, or delete it yourself")
    }

    /// Reads one, refusing a file that others can read.
    static func read(_ path: String) throws(CommandFailure) -> MasterSecret {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        guard let attributes, let mode = attributes[.posixPermissions] as? Int else {
            throw CommandFailure(
                .input, "there is no secrets file at \(path)", help: "make one with: slipway secrets new \(path)")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw CommandFailure(
                .input, "\(path) is not a file", help: "name the secrets file that 'slipway secrets new' made")
        }
        guard mode & 0o077 == 0 else {
            throw CommandFailure(.input, "\(path) can be read by others than its owner", help: "chmod 600 \(path)")
        }
        let bytes = try InputFile.bytes(path, limit: 4096)
        do { return try MasterSecret(bytes: bytes) } catch {
            throw CommandFailure(.input, "\(path): \(error)")
        }
    }
}
