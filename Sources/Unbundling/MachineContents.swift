import Archive
public import BundleFormat
public import Values

/// What a bundle holds for one machine: the documents for cloud-init and the files for the applier.
public struct MachineContents: Sendable {
    /// One file with the rights it will have on the machine.
    public struct File: Sendable {
        /// Absolute; a bare name for a document at the seed's root.
        public let path: String
        public let permissions: Permissions
        public let bytes: [UInt8]
    }

    public let machine: DescribedMachine
    public let files: [File]
    /// Whether the files come from the seed, and so are complete.
    public let isComplete: Bool
}

extension Bundle {
    /// The machine's files: all of them from its seed, or the open ones when the bundle has only its public part.
    public func contents(of name: String) throws -> MachineContents {
        let machine = try machine(name)
        if let seed = try seedEntries(of: name) {
            return MachineContents(machine: machine, files: try files(inSeed: seed, of: machine), isComplete: true)
        }
        return MachineContents(machine: machine, files: try openFiles(of: machine), isComplete: false)
    }

    /// The machine's seed as the image that launchers attach, or `nil` without the secret part.
    public func seedImage(of name: String) throws -> [UInt8]? {
        guard let layer = secretManifest?.layers.first(where: { $0.isLayer(MediaTypes.seed, of: name) }) else {
            return nil
        }
        return try store.bytes(layer, name: "the seed of \(name)")
    }

    func seedEntries(of name: String) throws -> [ArchiveEntry]? {
        try seedImage(of: name).map { try ISOReader.entries(in: $0, subject: "\(file): the seed of \(name)") }
    }

    /// The operator's files, or `nil` without the secret part.
    public func operatorFiles() throws -> [MachineContents.File]? {
        guard let layer = secretManifest?.layers.first(where: { $0.mediaType == MediaTypes.operatorFiles }) else {
            return nil
        }
        let bytes = try store.bytes(layer, name: "operator.tar")
        return try TarReader.entries(in: bytes, subject: "\(file): operator.tar").compactMap { entry in
            entry.content.map { MachineContents.File(path: entry.path, permissions: entry.permissions, bytes: $0) }
        }
    }

    private func files(inSeed seed: [ArchiveEntry], of machine: DescribedMachine) throws -> [MachineContents.File] {
        let contents = Dictionary(seed.compactMap { entry in entry.content.map { (entry.path, $0) } }) { first, _ in
            first
        }
        guard let document = contents[MachineManifest.path] else {
            throw BundleError.notABundle(
                file: file, reason: "the seed of \(machine.name) has no \(MachineManifest.path)")
        }
        let manifest = try Self.parse("machine.json of \(machine.name)", file) {
            try MachineManifest(parsing: document, reader: "slipway")
        }
        guard manifest.machine == machine.name, manifest.cluster == description.name else {
            throw BundleError.wrongSeed(
                file: file, machine: machine.name, found: "\(manifest.machine) of \(manifest.cluster)")
        }
        let documents = DescribedFile.seedDocuments.sorted().compactMap { name in
            contents[name].map { MachineContents.File(path: name, permissions: 0o600, bytes: $0) }
        }
        let placed = try manifest.files.map { placed in
            guard let bytes = contents[placed.source] else {
                throw BundleError.noFile(machine: machine.name, path: placed.path, nearest: nil)
            }
            let found = Values.Digest(hashing: bytes)
            guard found == placed.digest else {
                throw BundleError.wrongDigest(
                    file: file, name: "\(machine.name):\(placed.path)", expected: placed.digest, found: found)
            }
            return MachineContents.File(path: placed.path, permissions: placed.mode, bytes: bytes)
        }
        let machineJSON = MachineContents.File(path: "machine.json", permissions: 0o644, bytes: document)
        return documents + [machineJSON] + placed
    }

    func openEntries(of name: String) throws -> [ArchiveEntry] {
        guard let layer = publicManifest.layers.first(where: { $0.isLayer(MediaTypes.files, of: name) }) else {
            throw BundleError.notABundle(file: file, reason: "it has no layer for \(name)")
        }
        let bytes = try store.bytes(layer, name: "the layer of \(name)")
        return try TarReader.entries(in: bytes, subject: "\(file): the layer of \(name)")
    }

    private func openFiles(of machine: DescribedMachine) throws -> [MachineContents.File] {
        try openEntries(of: machine.name).compactMap { entry in
            guard let bytes = entry.content else { return nil }
            // `files/etc/…` stands for an absolute path, `seed/…` for a document at the seed's root.
            let path = String(entry.path.dropFirst(5))
            return MachineContents.File(path: path, permissions: entry.permissions, bytes: bytes)
        }
    }
}

extension Descriptor {
    func isLayer(_ mediaType: String, of machine: String) -> Bool {
        self.mediaType == mediaType && annotations[AnnotationKeys.machine] == machine
    }
}

extension Bundle {
    /// The seeds' digests by machine; none without the secret part.
    public var seeds: [String: Values.Digest] {
        let layers = (secretManifest?.layers ?? []).filter { $0.mediaType == MediaTypes.seed }
        return Dictionary(
            layers.compactMap { layer in layer.annotations[AnnotationKeys.machine].map { ($0, layer.digest) } }
        ) { first, _ in first }
    }

    /// What the applier is told on a machine, or `nil` without the secret part.
    public func manifest(of name: String) throws -> MachineManifest? {
        try contents(of: name).files.first { $0.path == "machine.json" }.map { document in
            try Self.parse("machine.json of \(name)", file) {
                try MachineManifest(parsing: document.bytes, reader: "slipway")
            }
        }
    }
}
