import Foundation
import HostSystem
public import PKI
import SystemPackage
import Values

/// The secrets file: 32 random bytes from which every key of a cluster follows.
public enum SecretsFile {
    /// Makes a new one, readable by its owner alone from the first byte; never replaces one.
    public static func create(_ path: String) throws(InputError) {
        let target = FilePath(path)
        guard let name = target.lastComponent?.string else { throw .noFileName(path: path) }
        if Files<InputError>.isDirectory(path) { throw .noFileName(path: path) }
        if InputFile.exists(path) { throw .secretsFileExists(path: path) }
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<MasterSecret.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        do throws(InputError) {
            let file = try AtomicFile<InputError>.create(in: target.removingLastComponent(), permissions: 0o600)
            try file.write(bytes)
            try file.commit(as: name, replacing: false)
        } catch .system(let error) where error.errno == .fileExists {
            throw .secretsFileExists(path: path)
        }
    }

    /// Reads one, refusing a file that others can read.
    public static func read(_ path: String) throws(InputError) -> MasterSecret {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        guard let attributes, let mode = attributes[.posixPermissions] as? Int else {
            throw .noSecretsFile(path: path)
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else { throw .secretsNotFile(path: path) }
        guard mode & 0o077 == 0 else { throw .secretsReadable(path: path) }
        let bytes: [UInt8]
        do throws(InputError) { bytes = try InputFile.bytes(path, limit: 4096) } catch .tooLarge {
            throw .badSecrets(path: path, reason: "a secrets file holds exactly 32 bytes, this one more than 4096")
        }
        do { return try MasterSecret(bytes: bytes) } catch { throw .badSecrets(path: path, reason: "\(error)") }
    }
}
