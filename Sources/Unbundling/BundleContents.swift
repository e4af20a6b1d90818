package import Archive
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
    /// Whether the bundle has its secret part, and so the files are all of the machine's.
    public let isComplete: Bool
}

extension Bundle {
    /// The machine's files and, when they are complete, its `machine.json`.
    ///
    /// - Throws: ``BundleError`` also when the machine's own files are not exactly those that the description lists.
    public func contents(of name: String) throws -> MachineContents {
        let number = try number(of: name)
        let machine = description.machines[number]
        guard let own = try ownFiles(ofMachine: number) else {
            let open = try description.files(of: machine).filter { $0.exposure == .open }.map {
                MachineContents.File(path: $0.path, permissions: $0.permissions, bytes: try openBytes(of: $0))
            }
            return MachineContents(machine: machine, files: open, isComplete: false)
        }
        var files: [MachineContents.File] = []
        for file in description.files(of: machine) {
            let bytes = try file.exposure == .open ? openBytes(of: file) : own[file.path] ?? []
            files.append(MachineContents.File(path: file.path, permissions: file.permissions, bytes: bytes))
        }
        let manifest = manifest(ofMachine: number, contents: own)
        let document = MachineContents.File(
            path: MachineManifest.documentName, permissions: 0o644,
            bytes: CanonicalJSON.encode(manifest.json, capacity: 16 << 10))
        return MachineContents(machine: machine, files: files + [document], isComplete: true)
    }

    /// The machine's seed as the image that launchers attach, or `nil` without the secret part.
    ///
    /// It is made here, like a depot: a bundle holds every file once, an image would hold those of other machines again. The same
    /// bundle gives the same image, bit for bit.
    public func seedImage(of name: String) throws -> [UInt8]? {
        let contents = try contents(of: name)
        return contents.isComplete ? try SeedImage.bytes(of: contents, in: description) : nil
    }

    /// The operator's files, or `nil` without the secret part.
    public func operatorFiles() throws -> [MachineContents.File]? {
        guard let layer = secretManifest?.layers.last else { return nil }
        let expected = description.operatorFiles.map(OwnFiles.Entry.init)
        let bytes = try secretBytes(layer, name: "operator.tar", limit: OwnFiles.operatorLimit)
        let contents = try OwnFiles.read(
            bytes, expected, epoch: description.epoch.secondsSince1970, subject: "\(file): operator.tar")
        return description.operatorFiles.map {
            MachineContents.File(path: $0.path, permissions: $0.permissions, bytes: contents[$0.path] ?? [])
        }
    }

    /// Bytes of the machine's derived and secret files by path, `nil` without the secret part.
    func ownFiles(ofMachine number: Int) throws -> [String: [UInt8]]? {
        guard let layer = secretManifest?.layers[number] else { return nil }
        let machine = description.machines[number]
        let bytes = try secretBytes(layer, name: "\(machine.name).tar", limit: OwnFiles.machineLimit)
        let expected = OwnFiles.entries(of: description.files(of: machine))
        let contents = try OwnFiles.read(
            bytes, expected, epoch: description.epoch.secondsSince1970, subject: "\(file): \(machine.name).tar")
        let own = description.files(of: machine).filter { $0.exposure != .open }
        let byPath = Dictionary(own.map { ($0.path, contents[OwnFiles.member(of: $0)] ?? []) }) { first, _ in first }
        try check(userData: byPath, of: machine)
        return byPath
    }

    /// Between its keys user-data is what the description says, and the keys are those that the applier places.
    private func check(userData contents: [String: [UInt8]], of machine: DescribedMachine) throws {
        for file in description.files(of: machine) where file.path == UserData.path && file.exposure == .derived {
            let document = UserData(contents[file.path] ?? [])
            let subject = "\(machine.name):\(file.path)"
            let found = Values.Digest(hashing: document.frame)
            if let expected = file.frame, found != expected {
                throw BundleError.wrongDigest(
                    file: self.file, name: "\(subject) without its keys", expected: expected, found: found)
            }
            for account in document.keys {
                let place = "/etc/ssh/authorized_keys.d/\(account.name)"
                let lines = account.keys.map { $0 + "\n" }.joined()
                guard let placed = contents[place], placed.elementsEqual(lines.utf8) else {
                    throw BundleError.disagreement(
                        file: self.file,
                        "\(subject) lets in other keys for \(account.name) than \(machine.name):\(place)")
                }
            }
        }
    }

    /// A layer of the secret manifest, from the file or from what was sealed in it.
    func secretBytes(_ layer: Descriptor, name: String, limit: Int64) throws -> [UInt8] {
        try unsealed?.bytes(layer, name: name, limit: limit) ?? store.bytes(layer, name: name, limit: limit)
    }

    func openBytes(of file: DescribedFile) throws -> [UInt8] {
        guard let digest = file.digest, let size = file.size else { return [] }
        return try store.bytes(
            Descriptor(mediaType: MediaTypes.file, digest: digest, size: size), name: file.path,
            limit: BundleDescription.seedLimit)
    }
}

/// A tar of files that follow from the secrets file: exactly those that the description lists, in its order, as Slipway's own
/// writer makes it.
package enum OwnFiles {
    /// The most bytes of what one machine has of its own: keys and certificates, as many machines at a time as there are threads.
    static let machineLimit: Int64 = 2 << 20
    /// The most bytes of the operator's files, in which every machine's host keys stand.
    static let operatorLimit: Int64 = 16 << 20

    package struct Entry: Hashable, Sendable {
        let path: String
        let permissions: Permissions

        package init(_ file: DescribedFile) {
            path = OwnFiles.member(of: file)
            permissions = file.permissions
        }

        package init(_ file: DescribedOperatorFile) {
            path = file.path
            permissions = file.permissions
        }
    }

    /// `files/etc/…` as on the machine, `seed/…` as at the seed's root.
    static func entries(of files: [DescribedFile]) -> [Entry] {
        files.filter { $0.exposure != .open }.map(Entry.init)
    }

    static func member(of file: DescribedFile) -> String {
        file.isSeedDocument ? "seed/" + file.path : "files" + file.path
    }

    package static func bytes(_ files: [(entry: Entry, bytes: [UInt8])], epoch: Int64) throws(ArchiveError) -> [UInt8] {
        var entries: [ArchiveEntry] = []
        for file in files {
            entries.append(
                try .file(file.entry.path, file.bytes, permissions: file.entry.permissions, modified: epoch))
        }
        return try TarWriter.bytes(of: entries)
    }

    /// The contents by member.
    ///
    /// - Throws: ``BundleError/unexpectedFile`` and its neighbours naming the first difference; ``ArchiveError`` when it is no tar.
    static func read(
        _ bytes: [UInt8], _ expected: [Entry], epoch: Int64, subject: String
    ) throws -> [String: [UInt8]] {
        let found = try TarReader.entries(in: bytes, subject: subject)
        let known = Set(expected.map(\.path))
        if let stranger = found.first(where: { !known.contains($0.path) }) {
            throw BundleError.disagreement(
                file: subject, "it holds \(stranger.path), which the description does not list")
        }
        guard found.count == expected.count else {
            let present = Set(found.map(\.path))
            let missing = expected.first { !present.contains($0.path) }?.path ?? "a file"
            throw BundleError.disagreement(file: subject, "\(missing) is missing")
        }
        var contents: [String: [UInt8]] = [:]
        for (found, expected) in zip(found, expected) {
            guard found.path == expected.path else {
                throw BundleError.disagreement(
                    file: subject, "\(found.path) stands where \(expected.path) is expected")
            }
            guard found.permissions == expected.permissions else {
                throw BundleError.disagreement(
                    file: subject,
                    "\(found.path) has the mode \(found.permissions), the description says \(expected.permissions)")
            }
            contents[found.path] = found.content ?? []
        }
        guard try Self.bytes(expected.map { ($0, contents[$0.path] ?? []) }, epoch: epoch) == bytes else {
            throw BundleError.disagreement(
                file: subject, "a time, an owner or padding in it is not as Slipway writes it")
        }
        return contents
    }
}

/// A machine's seed as an image of the layout that `SeedLayout` names.
enum SeedImage {
    /// Files that only root may read are marked so even here.
    static func bytes(of contents: MachineContents, in description: BundleDescription) throws(ArchiveError) -> [UInt8] {
        let epoch = description.epoch.secondsSince1970
        var exposure: [String: Exposure] = [:]
        for file in description.files(of: contents.machine) { exposure[file.path] = file.exposure }
        var entries: [ArchiveEntry] = []
        for file in contents.files {
            entries.append(
                try .file(
                    SeedLayout.path(of: file.path), file.bytes,
                    permissions: exposure[file.path] == .secret ? 0o600 : 0o644, modified: epoch))
        }
        return try SeedISO.image(label: SeedLayout.label, entries: entries, epoch: epoch)
    }
}

extension Bundle {
    /// What each machine's seed is made from, as one digest: two bundles with the same one give the same image. None without the
    /// secret part.
    public var seeds: [String: Values.Digest] {
        guard let layers = secretManifest?.layers else { return [:] }
        var seeds: [String: Values.Digest] = [:]
        for (machine, layer) in zip(description.machines, layers) {
            let manifest = description.manifest(of: machine) { ($0.digest ?? .none, $0.size ?? 0) }
            let documents = description.files(of: machine).filter(\.isSeedDocument)
            let parts: JSONValue = [
                "epoch": .string("\(description.epoch)"), "manifest": manifest.json,
                "documents": .array(documents.map(\.json)), "own": .string("\(layer.digest)"),
            ]
            seeds[machine.name] = Values.Digest(hashing: CanonicalJSON.encode(parts, capacity: 16 << 10))
        }
        return seeds
    }

    /// What the applier is told on a machine, or `nil` without the secret part.
    public func manifest(of name: String) throws -> MachineManifest? {
        guard secretManifest != nil else { return nil }
        return try manifest(ofMachine: number(of: name), contents: ownFiles(ofMachine: number(of: name)) ?? [:])
    }

    func manifest(ofMachine number: Int, contents own: [String: [UInt8]]) -> MachineManifest {
        description.manifest(of: description.machines[number]) { file in
            let bytes = own[file.path] ?? []
            return (file.digest ?? Values.Digest(hashing: bytes), file.size ?? Int64(bytes.count))
        }
    }
}
