/// The flags on a unit's `ExecStart=` and the ones a program knows.
enum CommandFlags {
    /// The `--name` of every argument of a unit's command line.
    static func used(in unit: String) -> [String] {
        let joined = unit.split(separator: "\\\n", omittingEmptySubsequences: false).joined()
        let lines = joined.split(separator: "\n").filter { $0.hasPrefix("ExecStart=") }
        return lines.flatMap { $0.split(separator: " ").dropFirst() }.map { argument in
            String(argument.prefix { $0 != "=" })
        }
    }

    /// Flags of the unit's command line that are not in the program's own list for a minor of Kubernetes.
    static func unknown(in unit: String, program: String, minor: Int) throws -> [String] {
        let known = try NameList.names(in: "flags/\(program).txt", minor: minor)
        return used(in: unit).filter { !known.contains($0) }
    }
}

/// The fields of a rendered configuration and the ones that its program knows.
enum ConfigurationFields {
    /// The path of every field of a YAML document as templates write it, such as `authentication.anonymous.enabled`.
    static func used(in document: String) -> [String] {
        var open: [(indent: Int, path: String)] = []
        return document.split(separator: "\n").compactMap { line -> String? in
            let text = line.drop { $0 == " " }
            guard let key = text.prefixMatch(of: /([A-Za-z0-9]+):/)?.1 else { return nil }
            let indent = line.count - text.count
            open.removeAll { $0.indent >= indent }
            let path = (open.last.map { "\($0.path)." } ?? "") + key
            open.append((indent, path))
            return path
        }
    }

    /// Fields that are not in the program's own list. What lies below a field of which the list has no parts is another package's.
    static func unknown(in document: String, kind: String, minor: Int) throws -> [String] {
        let known = try NameList.names(in: "fields/\(kind).txt", minor: minor)
        return used(in: document).filter { path in
            if known.contains(path) { return false }
            guard let parent = path.lastIndex(of: ".").map({ String(path[..<$0]) }) else { return true }
            return !known.contains(parent) || known.contains { $0.hasPrefix("\(parent).") }
        }
    }
}

/// Names that a program knows, one a line. Behind a name stand the minors that know it, where these are not all: `33-`, `-34`.
///
/// Taken from the sources of Kubernetes 1.32.13, 1.33.13, 1.34.9, 1.35.6 and 1.36.3: every name that 1.36's own `--help` prints, and in which
/// of these releases it is registered. Configuration fields come from `types.go` of k8s.io/kubelet and k8s.io/kube-proxy, and for 1.37 from
/// its v0.37.0-beta.0. For 1.37 no source of flags was found.
enum NameList {
    /// The minors of which the flags are known.
    static let flagMinors = 32...36

    static func names(in file: String, minor: Int) throws -> Set<String> {
        let lines = try RepositoryFiles.text("Tests/ArtefactsTests/Fixtures/\(file)").split(separator: "\n")
        return Set(
            lines.compactMap { line -> String? in
                let parts = line.split(separator: " ")
                guard parts.count == 2 else { return String(parts[0]) }
                let bounds = parts[1].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                return (bounds[0] ?? 0) <= minor && minor <= (bounds[1] ?? .max) ? String(parts[0]) : nil
            })
    }
}
