public import Values

/// What the applier does on a machine besides placing files. Machines of one role have the same, so that a description holds each
/// configuration once.
public struct MachineConfiguration: Hashable, Sendable {
    public let groups: [MachineGroup]
    public let users: [MachineUser]
    public let directories: [MachineDirectory]
    public let payloads: [MachinePayload]
    /// In start order.
    public let units: [MachineUnit]
    public let checks: [HealthCheck]

    public init(
        groups: [MachineGroup] = [], users: [MachineUser] = [], directories: [MachineDirectory] = [],
        payloads: [MachinePayload] = [], units: [MachineUnit] = [], checks: [HealthCheck] = []
    ) {
        self.groups = groups
        self.users = users
        self.directories = directories
        self.payloads = payloads
        self.units = units
        self.checks = checks
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["groups", "users", "directories", "payloads", "units", "checks"])
        let limit = MachineManifest.listLimit
        groups = try cursor.required("groups").list(limit: limit) { (entry) throws(FormatError) in
            try MachineGroup(decoding: entry)
        }
        users = try cursor.required("users").list(limit: limit) { (entry) throws(FormatError) in
            try MachineUser(decoding: entry)
        }
        directories = try cursor.required("directories").list(limit: limit) { (entry) throws(FormatError) in
            try MachineDirectory(decoding: entry)
        }
        payloads = try cursor.required("payloads").list(limit: limit) { (entry) throws(FormatError) in
            try MachinePayload(decoding: entry)
        }
        units = try cursor.required("units").list(limit: limit) { (entry) throws(FormatError) in
            try MachineUnit(decoding: entry)
        }
        checks = try cursor.required("checks").list(limit: HealthCheck.listLimit) { (entry) throws(FormatError) in
            try HealthCheck(decoding: entry)
        }
    }

    public var json: JSONValue {
        [
            "groups": .array(groups.map(\.json)), "users": .array(users.map(\.json)),
            "directories": .array(directories.map(\.json)), "payloads": .array(payloads.map(\.json)),
            "units": .array(units.map(\.json)), "checks": .array(checks.map(\.json)),
        ]
    }
}

/// Numbers what machines have, in the order of first use, so that each thing stands in a description once.
public struct DescriptionTables: Sendable {
    public private(set) var files: [DescribedFile] = []
    public private(set) var configurations: [MachineConfiguration] = []
    private var fileNumbers: [DescribedFile: Int] = [:]
    private var configurationNumbers: [MachineConfiguration: Int] = [:]

    public init() {}

    public mutating func number(of file: DescribedFile) -> Int {
        if let known = fileNumbers[file] { return known }
        fileNumbers[file] = files.count
        files.append(file)
        return files.count - 1
    }

    public mutating func number(of configuration: MachineConfiguration) -> Int {
        if let known = configurationNumbers[configuration] { return known }
        configurationNumbers[configuration] = configurations.count
        configurations.append(configuration)
        return configurations.count - 1
    }
}

extension BundleDescription {
    /// The machine's files in the order they are placed, cloud-init's documents among them.
    public func files(of machine: DescribedMachine) -> [DescribedFile] { machine.files.map { files[$0] } }

    public func configuration(of machine: DescribedMachine) -> MachineConfiguration {
        configurations[machine.configuration]
    }

    /// The machine's `machine.json`.
    ///
    /// - Parameter content: digest and size of each file; the description itself knows them of open files only.
    public func manifest<Failure: Error>(
        of machine: DescribedMachine, content: (DescribedFile) throws(Failure) -> (digest: Digest, size: Int64)
    ) throws(Failure) -> MachineManifest {
        let configuration = configuration(of: machine)
        var placed: [MachineFile] = []
        for number in machine.files where !files[number].isSeedDocument {
            let file = files[number]
            let (digest, size) = try content(file)
            placed.append(
                MachineFile(
                    path: file.path, source: MachineManifest.filesDirectory + file.path, digest: digest, size: size,
                    mode: file.permissions, owner: file.owner, group: file.group, isSecret: file.exposure == .secret))
        }
        return MachineManifest(
            cluster: name, machine: machine.name, role: machine.role, architecture: architecture,
            groups: configuration.groups, users: configuration.users, directories: configuration.directories,
            files: placed, payloads: configuration.payloads, units: configuration.units,
            checks: configuration.checks)
    }

    /// Refuses a description whose parts contradict one another; the compiler calls it before it writes, the reader after
    /// parsing.
    ///
    /// Machines that have the same files by path and the same configuration are looked at once.
    public func checkConsistency() throws(FormatError) {
        try checkTables()
        var checked: Set<[Int]> = []
        var places: [String: Int] = [:]
        let placeOfFile = files.map { file in
            let place = places[file.path, default: places.count]
            places[file.path] = place
            return place
        }
        for (index, machine) in machines.enumerated() {
            guard checked.insert([machine.configuration] + machine.files.map { placeOfFile[$0] }).inserted else {
                continue
            }
            var documents: Set<String> = []
            for number in machine.files where files[number].isSeedDocument {
                guard documents.insert(files[number].path).inserted else {
                    throw .invalidValue(path: "machines[\(index)].files", reason: "\(files[number].path) occurs twice")
                }
            }
            guard documents.count == DescribedFile.seedDocuments.count else {
                let missing = DescribedFile.seedDocuments.subtracting(documents).sorted().joined(separator: ", ")
                throw .invalidValue(path: "machines[\(index)].files", reason: "\(missing) is missing")
            }
            let nothing = Digest.none
            do throws(FormatError) { try manifest(of: machine) { _ in (nothing, 0) }.checkConsistency() } catch {
                guard case .invalidValue(let path, let reason) = error else { throw error }
                throw .invalidValue(path: "machines[\(index)] (\(machine.name)): \(path)", reason: reason)
            }
        }
    }

    /// Every entry of a table is used, and they stand in the order of first use: there is one description of the same machines.
    private func checkTables() throws(FormatError) {
        var (fileCount, configurationCount) = (0, 0)
        for (index, machine) in machines.enumerated() {
            var size: Int64 = 0
            for number in machine.files {
                guard number <= fileCount, number < files.count else {
                    throw .invalidValue(
                        path: "machines[\(index)].files",
                        reason: "\(number) is not the number of a file in use, or the next")
                }
                if number == fileCount { fileCount += 1 }
                size += files[number].size ?? 0
            }
            guard size <= Self.seedLimit else {
                throw .invalidValue(
                    path: "machines[\(index)].files",
                    reason: "they have \(size) bytes together, more than the \(Self.seedLimit) of a seed")
            }
            guard machine.configuration <= configurationCount, machine.configuration < configurations.count else {
                throw .invalidValue(
                    path: "machines[\(index)].configuration",
                    reason: "\(machine.configuration) is not the number of a configuration in use, or the next")
            }
            if machine.configuration == configurationCount { configurationCount += 1 }
        }
        guard fileCount == files.count else {
            throw .invalidValue(path: "files[\(fileCount)]", reason: "no machine has this file")
        }
        guard configurationCount == configurations.count else {
            throw .invalidValue(
                path: "configurations[\(configurationCount)]", reason: "no machine has this configuration")
        }
        var seen: Set<DescribedFile> = []
        for (index, file) in files.enumerated() where !seen.insert(file).inserted {
            throw .invalidValue(path: "files[\(index)]", reason: "\(file.path) occurs twice with the same attributes")
        }
        guard Set(configurations).count == configurations.count else {
            throw .invalidValue(path: "configurations", reason: "two are equal")
        }
    }
}
