import BundleFormat
import Values

/// The mounted seed of this machine.
struct Seed {
    let directory: RootDirectory
    let manifest: MachineManifest
    /// Of machine.json as it stands in the seed.
    let digest: Digest

    /// Reads machine.json; no other file is looked at yet.
    init(_ path: String) throws(ApplyError) {
        let documentPath = "/" + MachineManifest.path
        do { directory = try RootDirectory(path) } catch { throw .missingSeed(path) }
        guard let bytes = try directory.content(of: documentPath) else { throw .missingSeed(directory.hostPath) }
        do { manifest = try MachineManifest(parsing: bytes) } catch {
            throw .badDocument(path: directory.hostPath(of: documentPath), reason: error.description)
        }
        digest = SHA256.digest(of: bytes)
    }

    var identity: MachineIdentity { MachineIdentity(cluster: manifest.cluster, machine: manifest.machine) }

    /// Reads every file once and compares it with machine.json.
    func verify() throws(ApplyError) {
        for file in manifest.files {
            try directory.verify("/" + file.source, file.digest, target: file.path)
        }
    }
}

extension RootDirectory {
    /// Refuses a source that is missing or is not what it should be.
    func verify(_ path: String, _ expected: Digest, target: String) throws(ApplyError) {
        guard let found = try digest(of: path) else { throw .missingSource(path: hostPath(of: path), target: target) }
        guard found == expected else { throw .wrongDigest(path: hostPath(of: path), expected: expected, found: found) }
    }
}

/// The mounted depot: blobs by their digests. Nothing it says of them is believed; what they must be is in machine.json.
struct Depot {
    let directory: RootDirectory

    /// - Throws: ``ApplyError`` when the directory is not a depot, or one from the future.
    init(_ path: String) throws(ApplyError) {
        let documentPath = "/" + DepotManifest.path
        do { directory = try RootDirectory(path) } catch { throw .missingDepot(path) }
        guard let bytes = try directory.content(of: documentPath) else { throw .missingDepot(directory.hostPath) }
        do { _ = try DepotManifest(parsing: bytes) } catch {
            throw .badDocument(path: directory.hostPath(of: documentPath), reason: error.description)
        }
    }

    /// Whether a file with this name is there: a payload, or a file that was unpacked from one.
    func hasBlob(_ digest: Digest) throws(ApplyError) -> Bool { try directory.status("/" + digest.blobPath) != nil }
}
