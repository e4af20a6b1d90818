import BundleFormat
import Values

/// What the machine should be, from machine.json, the depot, and what is already in place.
struct DesiredState {
    private(set) var directories: [MachineDirectory] = []
    private(set) var files: [DesiredFile] = []
    /// Entries of the generation in force that stay as they are, since their payload cannot be read again.
    private(set) var carried: [RecordedEntry] = []
    private(set) var packages: [DesiredPayload] = []
    private(set) var images: [DesiredPayload] = []
    private(set) var waiting: [WaitingPayload] = []

    /// - Parameters:
    ///   - previous: the entries of the generation in force
    ///   - installed: packages and images that need no depot any more
    init(_ seed: Seed, depot: Depot?, previous: [RecordedEntry], installed: InstalledPayloads) throws(ApplyError) {
        let manifest = seed.manifest
        // Parents first, which bytewise order gives.
        directories = manifest.directories.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        for payload in manifest.payloads {
            switch payload.kind {
            case .binary, .archiveMember, .archive: try addFiles(payload, depot, previous)
            case .deb: try addBlob(payload, depot, installed.packages, to: \.packages)
            case .image: try addBlob(payload, depot, installed.images, to: \.images)
            }
        }
        // After the programs, in the order written: a server's key stands before the configuration that names it.
        files += manifest.files.map { DesiredFile($0, seed: seed) }
    }

    private mutating func wait(for payload: MachinePayload, _ reason: String) {
        waiting.append(
            WaitingPayload(
                name: payload.name, reason: reason, causes: Set([payload.name] + [payload.path].compactMap { $0 })))
    }

    private mutating func addFiles(_ payload: MachinePayload, _ depot: Depot?, _ previous: [RecordedEntry])
        throws(ApplyError)
    {
        if let digest = payload.digest, let depot, let files = try Self.files(of: payload, digest, depot) {
            self.files += files
            return
        }
        let path = payload.path ?? ""
        let inPlace = previous.filter { entry in
            entry.origin?.payload == payload.name && (entry.path == path || entry.path.hasPrefix(path + "/"))
        }
        // What is there stays, be it of this build or an older one: a machine is not stripped of what cannot be replaced.
        carried += inPlace
        let isComplete = !inPlace.isEmpty && inPlace.allSatisfy { $0.origin?.digest == payload.digest }
        if !isComplete { wait(for: payload, Self.reason(payload, depot)) }
    }

    private static func reason(_ payload: MachinePayload, _ depot: Depot?) -> String {
        if payload.digest == nil { return "payload absent: the lock does not name it" }
        if payload.kind == .archive || payload.kind == .archiveMember, payload.members == nil {
            return "the lock does not say what is in the archive; run 'slipway lock' and build the bundle again"
        }
        return depot == nil ? "payload absent: no depot is attached" : "payload absent from the depot"
    }

    /// The files a payload makes, with the digests that machine.json names; nil when the depot does not have all of them.
    private static func files(
        of payload: MachinePayload, _ digest: Digest, _ depot: Depot
    ) throws(ApplyError) -> [DesiredFile]? {
        guard let path = payload.path else { return nil }
        var files: [DesiredFile] = []
        func add(_ path: String, _ content: Digest, _ mode: Permissions) throws(ApplyError) -> Bool {
            guard try depot.hasBlob(content) else { return false }
            files.append(
                DesiredFile(
                    payload: payload.name, digest: digest, path: path, content: content, mode: mode, depot: depot,
                    sourcePath: content.blobPath))
            return true
        }
        switch payload.kind {
        case .binary:
            guard try add(path, digest, payload.mode ?? 0o755) else { return nil }
        case .archiveMember:
            guard let member = payload.members?.first, try add(path, member.digest, payload.mode ?? member.mode) else {
                return nil
            }
        case .archive:
            guard let members = payload.members else { return nil }
            for member in members {
                guard try add("\(path)/\(member.path)", member.digest, member.mode) else { return nil }
            }
        case .deb, .image: return nil
        }
        return files
    }

    private mutating func addBlob(
        _ payload: MachinePayload, _ depot: Depot?, _ installed: [String: Digest],
        to list: WritableKeyPath<Self, [DesiredPayload]>
    ) throws(ApplyError) {
        guard let digest = payload.digest else { return wait(for: payload, Self.reason(payload, depot)) }
        if installed[payload.name] == digest { return }
        let whole = [PayloadMember(path: "", digest: digest, size: payload.size ?? 0)]
        var files: [DesiredPayload.File] = []
        for blob in payload.members ?? whole {
            guard let depot, try depot.hasBlob(blob.digest) else {
                return wait(for: payload, Self.reason(payload, depot))
            }
            let file = DesiredPayload.File(
                blob.digest, size: blob.size, name: payload.members == nil ? nil : blob.path, stage: blob.stage,
                in: depot)
            if !files.contains(where: { $0.digest == file.digest }) { files.append(file) }
        }
        self[keyPath: list].append(
            DesiredPayload(name: payload.name, digest: digest, files: files, image: payload.image))
    }
}

/// A file as it should be, and where its content comes from.
struct DesiredFile {
    let path: String
    let content: Digest
    let mode: Permissions
    let owner: String
    let group: String
    let origin: RecordedEntry.Origin?
    /// The seed or the depot.
    let source: RootDirectory
    /// Absolute below `source`.
    let sourcePath: String

    func entry() -> RecordedEntry {
        RecordedEntry(path: path, content: content, mode: mode, owner: owner, group: group, origin: origin)
    }
}

extension DesiredFile {
    init(_ file: MachineFile, seed: Seed) {
        self.init(
            path: file.path, content: file.digest, mode: file.mode, owner: file.owner, group: file.group, origin: nil,
            source: seed.directory, sourcePath: "/" + file.source)
    }

    /// Payloads belong to root: no service may change its own program.
    init(
        payload: String, digest: Digest, path: String, content: Digest, mode: Permissions, depot: Depot,
        sourcePath: String
    ) {
        self.init(
            path: path, content: content, mode: mode, owner: "root", group: "root",
            origin: RecordedEntry.Origin(payload: payload, digest: digest), source: depot.directory,
            sourcePath: "/" + sourcePath)
    }
}
