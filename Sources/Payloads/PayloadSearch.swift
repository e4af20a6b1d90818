import Foundation
public import SystemPackage
public import Values

/// Looks for payloads by name in directories that the user fills.
public struct PayloadSearch: Sendable {
    private let directories: [(path: FilePath, names: [String])]

    /// Reads the directories' listings.
    public init(_ directories: [FilePath]) throws(PayloadError) {
        var listed: [(FilePath, [String])] = []
        for directory in directories {
            let names: [String]
            do { names = try FileManager.default.contentsOfDirectory(atPath: directory.string) } catch {
                throw .unreadable(
                    path: directory.string,
                    error: StoreFiles.isDirectory(directory) ? .permissionDenied : .noSuchFileOrDirectory)
            }
            listed.append((directory, names.sorted()))
        }
        self.directories = listed
    }

    /// The payload's file in the first directory that has one.
    ///
    /// A payload `haproxy` is found as `haproxy`, as `haproxy.deb`, `.tar`, `.tar.gz`, `.tgz`, `.zip`, `.img` or `.qcow2`, as the last
    /// part of its upstream address, or as the package `haproxy_VERSION_ARCHITECTURE.deb`.
    ///
    /// - Throws: ``PayloadError/ambiguous(name:files:)`` when one directory has several.
    public func file(for name: String, upstream: PayloadAddress?) throws(PayloadError) -> FilePath? {
        let extensions = ["deb", "tar", "tar.gz", "tgz", "zip", "img", "qcow2"]
        var exact = [name] + extensions.map { "\(name).\($0)" }
        if let last = upstream?.description.split(separator: "/").last { exact.append(String(last)) }
        for (directory, names) in directories {
            let found = names.filter { candidate in
                exact.contains(candidate) || (candidate.hasPrefix(name + "_") && candidate.hasSuffix(".deb"))
            }.map { directory.appending($0) }.filter { StoreFiles.size($0) != nil }
            guard found.count <= 1 else { throw .ambiguous(name: name, files: found.map(\.string)) }
            if let file = found.first { return file }
        }
        return nil
    }
}

extension FilePath {
    /// The same file as seen from a directory, by the paths' text alone; a path that is absolute stays so, for then the user
    /// wrote it. Relative paths start at the working directory, which is absolute.
    func relative(to directory: FilePath, workingDirectory: FilePath) -> FilePath {
        if isAbsolute { return self }
        let from = workingDirectory.pushing(directory).lexicallyNormalized().components.map(\.string)
        let to = workingDirectory.pushing(self).lexicallyNormalized().components.map(\.string)
        let common = zip(from, to).prefix { $0 == $1 }.count
        let parts = from[common...].map { _ in ".." } + to[common...]
        return parts.reduce(into: FilePath()) { $0.append($1) }
    }
}
