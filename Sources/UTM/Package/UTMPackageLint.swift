import Launching

/// Looks over the files of a package that UTM is to open.
enum UTMPackageLint {
    /// What is wrong with the files in Data, as the configuration uses them.
    static func defects(of configuration: UTMConfiguration, in package: String, machine: String) -> [UTMDefect] {
        var defects: [UTMDefect] = []
        let data = "\(package)/Data"
        for drive in configuration.drives {
            let file = drive.imageName
            guard Files.exists("\(data)/\(file)"), !Files.isDirectory("\(data)/\(file)") else {
                defects.append(.missingFile(machine: machine, file: file))
                continue
            }
            guard !drive.isReadOnly else { continue }
            guard let header = try? QcowImage(path: "\(data)/\(file)").header else {
                defects.append(.notQcow2(machine: machine, file: file))
                continue
            }
            if header.hasBackingFile { defects.append(.backingFile(machine: machine, file: file)) }
        }
        let used = Set(configuration.drives.map(\.imageName)).union(ownFiles)
        for file in Files.names(in: data) where !used.contains(file) {
            defects.append(.unreferencedFile(machine: machine, file: file))
        }
        return defects
    }

    /// What UTM itself keeps there.
    private static let ownFiles: Set<String> = ["efi_vars.fd", "tpmdata", "debug.log", ".DS_Store"]
}
