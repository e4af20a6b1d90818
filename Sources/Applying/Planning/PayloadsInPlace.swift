import BundleFormat
import Values

/// Which payloads of a machine.json are in place, told from the record alone, without a depot.
struct PayloadsInPlace {
    private let placed: [String: Set<Digest>]
    private let installed: InstalledPayloads

    init(_ entries: [RecordedEntry], _ installed: InstalledPayloads) {
        var placed: [String: Set<Digest>] = [:]
        for entry in entries {
            if let origin = entry.origin { placed[origin.payload, default: []].insert(origin.digest) }
        }
        self.placed = placed
        self.installed = installed
    }

    /// The payloads that are not.
    func waiting(_ manifest: MachineManifest) -> [WaitingPayload] {
        let missing = manifest.payloads.filter { payload in
            guard let digest = payload.digest else { return true }
            return switch payload.kind {
            case .binary, .archiveMember, .archive: placed[payload.name]?.contains(digest) != true
            case .deb: installed.packages[payload.name] != digest
            case .image: installed.images[payload.name] != digest
            }
        }
        return WaitingPayload.merged(
            missing.map { payload in
                WaitingPayload(
                    name: payload.name,
                    reason: payload.digest == nil ? "payload absent: the lock does not name it" : "not in place",
                    causes: Set([payload.name] + [payload.path].compactMap { $0 }))
            })
    }
}

/// `installed.json`: packages and images, which other programs keep and no path shows. Name → digest.
struct InstalledPayloads: Hashable {
    var packages: [String: Digest] = [:]
    var images: [String: Digest] = [:]

    init() {}

    init(decoding cursor: JSONCursor) throws(FormatError) {
        packages = try Self.digests(cursor.required("packages"))
        images = try Self.digests(cursor.required("images"))
    }

    private static func digests(_ cursor: JSONCursor) throws(FormatError) -> [String: Digest] {
        var digests: [String: Digest] = [:]
        for (name, text) in try cursor.stringPairs(limit: MachineManifest.listLimit) {
            do { digests[name] = try Digest(parsing: text) } catch { throw cursor.refused(error.description) }
        }
        return digests
    }

    var json: JSONValue {
        ["packages": .strings(packages.mapValues(\.description)), "images": .strings(images.mapValues(\.description))]
    }
}

/// A package or image that another program takes from the depot.
struct DesiredPayload: Hashable {
    /// A blob in the depot.
    struct File: Hashable {
        let digest: Digest
        /// Bytes; 0 where machine.json does not say.
        let size: Int64
        /// As the host names it.
        let hostPath: String
        /// Below the depot.
        let path: String
        /// Of a package, `NAME_VERSION_ARCHITECTURE.deb`; nil where machine.json does not say.
        let name: String?
        /// Of packages: after those of lower stages.
        let stage: Int

        init(_ digest: Digest, size: Int64, name: String? = nil, stage: Int = 0, in depot: Depot) {
            self.digest = digest
            self.size = size
            self.name = name
            self.stage = stage
            path = "/" + digest.blobPath
            hostPath = depot.directory.hostPath(of: path)
        }
    }

    let name: String
    let digest: Digest
    /// The payload, or all its members.
    let files: [File]
    /// The name of an image that is made of its members.
    let image: ImageReference?
}

/// A payload that cannot be had yet, so that what needs it waits.
struct WaitingPayload: Hashable {
    let name: String
    /// In words: `absent from the depot`.
    let reason: String
    /// What a unit's `restartOn` may call it: its name, or the path it is placed at.
    let causes: Set<String>

    /// One entry for each payload, though several of its members wait.
    static func merged(_ waiting: [WaitingPayload]) -> [WaitingPayload] {
        var merged: [WaitingPayload] = []
        for payload in waiting {
            if let index = merged.firstIndex(where: { $0.name == payload.name }) {
                merged[index] = WaitingPayload(
                    name: payload.name, reason: merged[index].reason, causes: merged[index].causes.union(payload.causes)
                )
            } else {
                merged.append(payload)
            }
        }
        return merged
    }
}

/// Imports container images once containerd answers.
struct ImageImporter {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// - Returns: the images that were not imported though nothing they need is absent.
    func importImages(
        _ images: [DesiredPayload], from depot: Depot?, _ manifest: MachineManifest, _ waiting: [WaitingPayload]
    ) throws(ApplyError) -> [String] {
        guard !images.isEmpty, let depot, !session.services.isOffline else { return [] }
        let containerd = manifest.units.first { $0.name == "containerd.service" }
        let isExpected = containerd.map { !UnitRules.waits($0, for: waiting) } ?? false
        guard try answers(isExpected: isExpected) else {
            let reason =
                isExpected ? "containerd does not answer; run again once it does" : "containerd is not there yet"
            for image in images { session.report(Event(.waiting, image.name, reason)) }
            return isExpected ? images.map(\.name) : []
        }
        var failed: [String] = []
        for image in images {
            let result = try importImage(image, from: depot)
            guard result.isSuccess else {
                session.report(Event(.failed, image.name, result.lastLines))
                failed.append(image.name)
                continue
            }
            // One at a time, so that an interrupted run does not import all of them again.
            var installed = try session.store.installed()
            installed.images[image.name] = image.digest
            try session.store.write("installed.json", installed.json)
            session.report(.imported(image.name))
        }
        return failed
    }

    private func importImage(_ image: DesiredPayload, from depot: Depot) throws(ApplyError) -> CommandResult {
        guard let reference = image.image else {
            return try session.services.run(.importImage(at: image.files.map(\.hostPath)))
        }
        let archive = try ImageArchive(image, named: reference, from: depot.directory)
        return try session.services.run(.importImage(at: ["-"]), input: archive)
    }

    private func answers(isExpected: Bool) throws(ApplyError) -> Bool {
        var rounds = isExpected ? session.options.patience * 2 : 0
        while true {
            do {
                if try session.services.run(.containerdVersion).isSuccess { return true }
            } catch {
                guard case .missingProgram = error else { throw error }
                return false
            }
            guard rounds > 0 else { return false }
            rounds -= 1
            session.services.pause(milliseconds: 500)
        }
    }
}
