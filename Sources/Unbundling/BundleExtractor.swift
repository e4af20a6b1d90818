import Archive
import BundleFormat
public import SystemPackage
import Values

/// Writes a bundle's files into a directory: `DIR/MACHINE/etc/…`, `DIR/MACHINE/user-data`, `DIR/operator/…`; or its seeds.
public enum BundleExtractor {
    /// Writes the files of one machine, or of all machines and the operator.
    ///
    /// - Returns: the number of files written.
    /// - Throws: ``BundleError`` and ``ArchiveError``; nothing is ever written outside the directory.
    public static func extract(_ bundle: Bundle, machine: String?, into directory: FilePath) throws -> Int {
        // Everything is read and checked before the directory is made.
        let names = try names(of: bundle, machine)
        let first = try names.first.map { try bundle.contents(of: $0) }
        let writer = try DirectoryWriter.open(directory, create: true, directoryPermissions: 0o700, durable: false)
        var count = 0
        for name in names {
            let contents = try first?.machine.name == name ? first : bundle.contents(of: name)
            for file in contents?.files ?? [] {
                let path = file.path.hasPrefix("/") ? String(file.path.dropFirst()) : file.path
                try writer.write("\(name)/" + path, file.bytes, permissions: file.permissions)
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

    /// Writes the seed of one machine, or of all, as `DIR/MACHINE.iso`.
    ///
    /// - Returns: the number of images written.
    /// - Throws: ``BundleError/noSecretPart`` and what reading the bundle throws.
    public static func extractSeeds(_ bundle: Bundle, machine: String?, into directory: FilePath) throws -> Int {
        let names = try names(of: bundle, machine)
        guard bundle.secretManifest != nil else { throw BundleError.noSecretPart(file: bundle.file) }
        let writer = try DirectoryWriter.open(directory, create: true, directoryPermissions: 0o700, durable: false)
        for name in names {
            try writer.write("\(name).iso", bundle.seedImage(of: name) ?? [], permissions: 0o600)
        }
        return names.count
    }

    private static func names(of bundle: Bundle, _ machine: String?) throws(BundleError) -> [String] {
        if let machine { return [try bundle.machine(machine).name] }
        return bundle.description.machines.map(\.name)
    }
}
