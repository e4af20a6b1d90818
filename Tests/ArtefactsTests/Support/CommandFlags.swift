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

    /// Flags of the unit's command line that are not in the program's own list.
    static func unknown(in unit: String, program: String) throws -> [String] {
        let list = try RepositoryFiles.text("Tests/ArtefactsTests/Fixtures/flags/\(program)-1.36.txt")
        let known = Set(list.split(whereSeparator: \.isWhitespace).map(String.init))
        return used(in: unit).filter { !known.contains($0) }
    }
}
