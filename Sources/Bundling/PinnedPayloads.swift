import BuildPlan
import BundleFormat
public import TopologySpec
public import Values

/// The payloads of a plan with what the lock file knows of them.
public struct PinnedPayloads: Sendable {
    private struct Pin {
        let digest: Values.Digest
        let size: Int64
        let url: String
    }

    private let pins: [String: Pin]

    /// - Throws: `Digest.ParseFailure` when a digest of the lock is malformed; the lock's reader has checked it with a position.
    public init(_ lock: Lock) throws(Values.Digest.ParseFailure) {
        var pins: [String: Pin] = [:]
        for (name, entry) in lock.entries {
            let digest = try Values.Digest(parsing: entry.digest)
            pins[name] = Pin(digest: digest, size: Int64(entry.size), url: entry.url)
        }
        self.pins = pins
    }

    /// Whether the lock names the payload.
    public func isPinned(_ name: String) -> Bool { pins[name] != nil }

    func described(_ payload: PayloadPlan) -> DescribedPayload {
        let pin = pins[payload.name]
        return DescribedPayload(
            name: payload.name, kind: payload.kind.rawValue, release: payload.version, digest: pin?.digest,
            size: pin?.size, url: pin?.url ?? payload.url)
    }

    func machinePayload(_ use: PayloadUse) -> MachinePayload {
        let pin = pins[use.payload.name]
        let kind: MachinePayload.Kind =
            switch use.payload.kind {
            case .binary, .disk: .binary
            case .archive: use.member == nil ? .archive : .archiveMember
            case .deb: .deb
            case .image: .image
            }
        return MachinePayload(
            name: use.payload.name, digest: pin?.digest, size: pin?.size, kind: kind, member: use.member,
            path: use.path, mode: use.path == nil ? nil : Permissions(bits: use.mode))
    }
}
