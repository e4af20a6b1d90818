import Diagnostics
import Foundation
public import HostSystem
public import SystemPackage
import Values

/// Reads a file that a person named.
public enum InputFile {
    /// The whole file.
    ///
    /// - Parameter limit: the most bytes that are read.
    /// - Throws: ``InputError`` that names the file.
    public static func bytes(_ path: String, limit: Int) throws(InputError) -> [UInt8] {
        do {
            let descriptor = try FileDescriptor.open(FilePath(path), .readOnly)
            return try descriptor.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 64 << 10)
                while bytes.count <= limit {
                    let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
                    if count == 0 { return bytes }
                    bytes += buffer[..<count]
                }
                throw InputError.tooLarge(path: path, limit: limit)
            }
        } catch let error as InputError {
            throw error
        } catch {
            throw .unreadable(path: path, error as? Errno ?? .ioError)
        }
    }

    /// The whole file as UTF-8 text.
    public static func text(_ path: String, limit: Int = 8 << 20) throws(InputError) -> String {
        let bytes = try bytes(path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw .notText(path: path)
        }
        return text
    }

    public static func exists(_ path: String) -> Bool {
        guard let descriptor = try? FileDescriptor.open(FilePath(path), .readOnly) else { return false }
        try? descriptor.close()
        return true
    }
}

/// Why something that a build reads is of no use.
public enum InputError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(path: String, Errno)
    case tooLarge(path: String, limit: Int)
    case notText(path: String)
    /// The value of SOURCE_DATE_EPOCH.
    case badEpoch(String)
    case unreadableTemplates(directory: String)
    case emptyTemplates(directory: String)
    case templatesExist(directory: String)
    case topologyExists(path: String)
    /// A path with a character that has no spelling in a Makefile.
    case unspeakable(path: String)
    case noSecretsFile(path: String)
    case secretsFileExists(path: String)
    /// A path that ends in a directory, for a file that is to be made.
    case noFileName(path: String)
    case secretsNotFile(path: String)
    case secretsReadable(path: String)
    case badSecrets(path: String, reason: String)
    case system(SystemError)

    /// Whether this computer is at fault, rather than what was named.
    public var isEnvironment: Bool {
        switch self {
        case .unreadable(_, let errno): !errno.isWrongName
        case .badEpoch, .system: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .unreadable(let path, let errno): "cannot read \(path): \(errno)"
        case .tooLarge(let path, let limit):
            "\(path): the file is larger than " + (limit >= 1 << 20 ? "\(limit >> 20) MiB" : "\(limit) bytes")
        case .notText(let path): "\(path): the file is not UTF-8 text"
        case .badEpoch(let text): "the environment variable SOURCE_DATE_EPOCH is '\(printable(text))'"
        case .unreadableTemplates(let directory): "cannot read the templates directory \(directory)"
        case .emptyTemplates(let directory): "the templates directory \(directory) is empty"
        case .templatesExist(let path), .topologyExists(let path): "\(path) exists already"
        case .unspeakable(let path): "a dependency file cannot name '\(printable(path))'"
        case .noSecretsFile(let path): "there is no secrets file at \(path)"
        case .secretsFileExists(let path): "\(path) exists already"
        case .noFileName(let path): "'\(path)' is not the name of a new file"
        case .secretsNotFile(let path): "\(path) is not a file"
        case .secretsReadable(let path): "others than its owner can read \(path)"
        case .badSecrets(let path, let reason): "\(path): \(reason)"
        case .system(let error): "\(error)"
        }
    }

    /// What to do about it.
    public var help: String? {
        switch self {
        case .notText: "save it as UTF-8 without NUL characters"
        case .badEpoch: "expected whole seconds since 1970, such as 1795305600, at most to the year 2999; or unset it"
        case .unreadableTemplates, .emptyTemplates:
            "name another directory, or omit --templates for the templates inside this program"
        case .topologyExists: "nothing is overwritten: give the cluster another name, or --out another directory"
        case .templatesExist: "nothing is overwritten: name a directory that does not exist"
        case .unspeakable: "Make and Ninja would read it as something else: use letters, digits, spaces and /._-+,@#$:"
        case .noSecretsFile(let path): "make one with: slipway secrets new \(path)"
        case .secretsFileExists: "all keys of a cluster come from it: choose another name, or delete it yourself"
        case .badSecrets:
            "restore it from your copy: a new one, from 'slipway secrets new', gives the cluster new keys"
        case .unreadable(let path, .noSuchFileOrDirectory): Self.neighbour(of: path).map { "did you mean \($0)?" }
        case .unreadable(_, .isDirectory): "name a file in it"
        case .tooLarge: "is it the right file?"
        case .noFileName: "name a file that is not there yet"
        case .system(let error) where error.errno == .noSuchFileOrDirectory: "make it first: mkdir -p \(error.path)"
        case .secretsNotFile: "name the secrets file that 'slipway secrets new' made"
        case .secretsReadable(let path): "chmod 600 \(path)"
        case .unreadable, .system: nil
        }
    }

    /// The file beside it that has a name like it.
    private static func neighbour(of path: String) -> String? {
        let file = FilePath(path)
        guard let name = file.lastComponent?.string else { return nil }
        let directory = file.removingLastComponent()
        let names = try? FileManager.default.contentsOfDirectory(atPath: directory.isEmpty ? "." : directory.string)
        return Suggestion.nearest(to: name, among: (names ?? []).filter { !$0.hasPrefix(".") && $0 != name }).map {
            directory.appending($0).string
        }
    }
}

extension InputError: SystemFailure {
    public init(_ error: SystemError) { self = .system(error) }
}

extension Errno {
    /// Whether the name of the file is at fault, everything else being this computer's.
    public var isWrongName: Bool {
        switch self {
        case .noSuchFileOrDirectory, .notDirectory, .isDirectory, .tooManySymbolicLinkLevels, .fileNameTooLong: true
        default: false
        }
    }
}
