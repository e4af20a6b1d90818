import Archive
import BundleFormat
public import SystemPackage
import Values

/// Writes a bundle's files into a directory: `DIR/MACHINE/etc/…`, `DIR/MACHINE/user-data`, `DIR/operator/…`.
public enum BundleExtractor {
    /// Writes the files of one machine, or of all machines and the operator.
    ///
    /// - Returns: the number of files written.
    /// - Throws: ``BundleError`` and ``ArchiveError``; nothing is ever written outside the directory.
    public static func extract(_ bundle: Bundle, machine: String?, into directory: FilePath) throws -> Int {
        // Everything is read and checked before the directory is made.
        let names = try machine.map { [try bundle.machine($0).name] } ?? bundle.description.machines.map(\.name)
        let first = try names.first.map { try bundle.contents(of: $0) }
        let writer = try DirectoryWriter.open(directory, create: true, directoryPermissions: 0o700, durable: false)
        var count = 0
        for name in names {
            let contents = try first?.machine.name == name ? first : bundle.contents(of: name)
            for file in contents?.files ?? [] {
                try writer.write("\(name)/" + file.path.trimmingLeadingSlash, file.bytes, permissions: file.permissions)
                count += 1
            }
        }
        guard machine == nil, let files = try bundle.operatorFiles() else { return count }
        for file in files {
            try writer.write("operator/" + file.path, file.bytes, permissions: file.permissions)
            count += 1
        }
        return count
    }
}

extension String {
    /// A path on a machine as a path below the machine's directory.
    fileprivate var trimmingLeadingSlash: String { hasPrefix("/") ? String(dropFirst()) : self }
}
