import DebianPackages
import TestSupport
import Values

extension Subject {
    /// An index of a distribution, or dpkg's list: the same paragraphs are read as both, and a closure is looked for.
    static let packages = Subject(
        "packages",
        tokens: [
            "Package: ", "Version: ", "Architecture: ", "Depends: ", "Pre-Depends: ", "Provides: ", "Conflicts: ",
            "Breaks: ",
            "Filename: ", "Size: ", "SHA256: ", "Status: install ok installed", "Essential: yes", "Priority: required",
            "Multi-Arch: ", "allowed", "app", "libc6", "tool", "amd64", "all", "any", " (>= 1)", " (<< 2)",
            " (= 1:2-3)", " | ",
            ", ", ":any", "[amd64]", "<!nocheck>", "~", "+", "-", "\n", "\n\n", "\n ", "#", "../", "pool/x.deb", ":",
            "\0", "é",
            String(repeating: "9", count: 30), String(repeating: "ab", count: 32),
        ], limit: 8192, seeds: { [seed, cyclic].map { Array($0.utf8) } }, reader: { PackageReading() })

    private static func paragraph(_ name: String, _ fields: String) -> String {
        """
        Package: \(name)
        Status: install ok installed
        Version: 1:2.0~rc1-3+deb13u1
        Architecture: amd64
        Filename: pool/main/\(name).deb
        Size: 12
        SHA256: \(String(repeating: "ab", count: 32))
        \(fields)


        """
    }

    private static let seed =
        paragraph("app", "Depends: libc6 (>= 1:2), tool | other (<< 9),\n virtual\nPre-Depends: base:any")
        + paragraph("libc6", "Priority: required\nMulti-Arch: same") + paragraph("tool", "Breaks: app (<< 1)")
        + paragraph("provider", "Provides: virtual (= 2), more\nConflicts: virtual")
        + paragraph("base", "Essential: yes\nMulti-Arch: allowed\nDescription: base\n # no comment\n .")

    private static let cyclic =
        paragraph("app", "Depends: bb") + paragraph("bb", "Pre-Depends: dd\nDepends: cc") + paragraph("dd", "")
        + paragraph("cc", "Depends: app")
}

private final class PackageReading: Reading {
    private let distribution = Distribution(.debian13, .amd64)
    private static let address = "https://localhost/"

    func read(_ input: [UInt8]) throws -> Verdict {
        let fromIndex = try closure(of: input, base: .priority(.required))
        _ = try closure(of: input, base: .status(input))
        return fromIndex
    }

    /// Whatever is found can be a file, has an address below the archive's, and a stage; twice the same.
    private func closure(of input: [UInt8], base: BaseSystem) throws -> Verdict {
        let found: [PackageResolver.Found]
        let again: [PackageResolver.Found]
        do throws(DebianError) {
            let catalogue = try PackageCatalogue(distribution, packages: input)
            found = try PackageResolver(catalogue, base: base).closure(of: ["app"])
            again = try PackageResolver(catalogue, base: base).closure(of: ["app"])
        } catch {
            let text = error.description
            try require(
                text.utf8.count < 10_000 && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F },
                "the refusal prints \(text.debugDescription)")
            return .refused(text)
        }
        let names = found.map(\.package.fileName)
        try require(names == again.map(\.package.fileName), "the same input gives \(names) and something else")
        try require(Set(names).count == names.count, "\(names) has one twice")
        for package in found {
            try require(PackageName.isFile(package.package.fileName), "'\(package.package.fileName)' is no file")
            let parts = package.address.dropFirst(Self.address.count).split(
                separator: "/", omittingEmptySubsequences: false)
            try require(
                package.address.hasPrefix(Self.address) && !parts.contains("..") && !parts.contains(""),
                "\(package.address) leads elsewhere")
            try require((0..<PackageName.stageLimit).contains(package.stage), "stage \(package.stage)")
        }
        return .accepted
    }
}
