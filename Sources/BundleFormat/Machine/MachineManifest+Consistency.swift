import Values

extension MachineManifest {
    /// Refuses a manifest whose parts contradict one another; the compiler calls it before it writes, the reader after parsing.
    public func checkConsistency() throws(FormatError) {
        try Self.refuseRepeated(groups.map(\.name), list: "groups", member: "name")
        try Self.refuseRepeated(users.map(\.name), list: "users", member: "name")
        try Self.refuseRepeated(directories.map(\.path), list: "directories", member: "path")
        try Self.refuseRepeated(files.map(\.path), list: "files", member: "path")
        // One archive may be listed once for each member that is placed.
        try Self.refuseRepeated(payloads.map(\.placement), list: "payloads", member: "name")
        try Self.refuseRepeated(payloads.compactMap(\.path), list: "payloads", member: "path")
        try Self.refuseRepeated(units.map(\.name), list: "units", member: "name")
        let filePaths = Set(files.map(\.path))
        for (index, directory) in directories.enumerated() where filePaths.contains(directory.path) {
            throw .invalidValue(path: "directories[\(index)].path", reason: "\"\(directory.path)\" is also in files")
        }
        for (index, payload) in payloads.enumerated() {
            guard let path = payload.path, filePaths.contains(path) else { continue }
            throw .invalidValue(path: "payloads[\(index)].path", reason: "\"\(path)\" is also in files")
        }
        let causes = filePaths.union(payloads.map(\.name)).union(payloads.compactMap(\.path))
            .union(directories.map(\.path))
        for (index, unit) in units.enumerated() {
            for (position, cause) in unit.restartOn.enumerated() where !causes.contains(cause) {
                throw .invalidValue(
                    path: "units[\(index)].restartOn[\(position)]",
                    reason: "\"\(printable(cause))\" is the path or name of no file, directory or payload here")
            }
        }
    }

    private static func refuseRepeated(_ values: [String], list: String, member: String) throws(FormatError) {
        var seen: Set<String> = []
        for (index, value) in values.enumerated() where !seen.insert(value).inserted {
            throw .invalidValue(path: "\(list)[\(index)].\(member)", reason: "\"\(printable(value))\" occurs twice")
        }
    }
}
