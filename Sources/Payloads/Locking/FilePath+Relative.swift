import SystemPackage

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
