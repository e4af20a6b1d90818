public import BuildPlan
public import BundleFormat
import Foundation
import HostSystem
public import SystemPackage
import Transfer
public import Values

/// Compares a lock file with what upstream has now. Nothing is fetched but small texts, and nothing is changed.
public struct LockCheck: Sendable {
    /// How an entry stands.
    public enum State: Hashable, Sendable {
        /// It is there, and is what the plan wants.
        case current
        /// The plan wants it, and the lock file has no entry.
        case unpinned
        /// The lock file has another file or image than the plan wants now: another version.
        case replaced(String)
        /// Upstream has something newer at the same place.
        case newer(String)
        /// What is pinned cannot be had any more.
        case gone(String)
        /// Upstream says another digest than is pinned.
        case changed(String)
        /// It was not possible to tell.
        case unknown(String)

        /// Whether a new fetch of what is pinned would fail, so that the store's copy is all there is.
        public var isLoss: Bool {
            switch self {
            case .gone, .changed: true
            case .current, .unpinned, .replaced, .newer, .unknown: false
            }
        }
    }

    let base: FilePath
    let environment: [String: String]
    let retries: RetryPolicy
    let keyrings: [FilePath]
    let images: (any ImageFetching)?
    let packages: (any PackageFetching)?

    /// - Parameter base: the directory of the lock file.
    public init(
        base: FilePath, environment: [String: String], retries: RetryPolicy = .standard, keyrings: [FilePath] = [],
        images: (any ImageFetching)? = nil, packages: (any PackageFetching)? = nil
    ) {
        self.base = base
        self.environment = environment
        self.retries = retries
        self.keyrings = keyrings
        self.images = images
        self.packages = packages
    }

    /// The payloads of a plan in its order, each with how it stands.
    public func run(
        _ wanted: [PayloadPlan], for architecture: Architecture, lock: Lock, jobs: Int = 8
    ) async -> [(name: String, state: State)] {
        let results = await Parallel.results(of: wanted, width: jobs) { payload in
            guard let entry = lock[payload.name] else { return State.unpinned }
            do throws(PayloadError) { return try state(of: payload, entry, architecture) } catch {
                return .unknown("\(error)")
            }
        }
        return zip(wanted, results).map { payload, result in
            (payload.name, (try? result.get()) ?? .unknown("it could not be looked at"))
        }
    }

    private func state(
        of payload: PayloadPlan, _ entry: LockedPayload, _ architecture: Architecture
    ) throws(PayloadError) -> State {
        switch (entry.source, payload.source) {
        case (.address(.file(let path)), _):
            let file = base.pushing(FilePath(path))
            return StoreFiles.size(file) == nil ? .gone("there is no file \(file)") : .current
        case (.address(.https(let address)), .web(.https(let wanted), let published)):
            guard address == wanted else { return .replaced("the topology wants \(wanted)") }
            guard let published else { return try presence(address) }
            return try compare(entry, address, published, named: payload.name)
        case (.address(.https(let address)), .dated(let release)):
            guard let pinned = release.release(of: address) else {
                return .replaced("the topology wants a release of \(release.listing)")
            }
            if let loss = lossOnly(try presence(address)) { return loss }
            let page = try SmallTransfer(environment: environment, retries: retries).fetch(
                payload.name, release.listing, limit: PublishedDigests.sizeLimit
            ) { _ in }
            guard let newest = release.newest(in: String(decoding: page, as: UTF8.self)) else {
                return .unknown("\(release.listing) lists no release")
            }
            return newest == pinned ? .current : .newer("release \(newest), pinned is \(pinned)")
        case (.address(.https(let address)), _), (.address(.http(let address)), _): return try presence(address)
        case (.image(let reference), .registry(let wanted, _)):
            guard reference == wanted else { return .replaced("the topology wants \(wanted)") }
            guard let now = try images?.digest(of: reference, for: architecture, named: payload.name) else {
                return .unknown("no registry is asked")
            }
            return now == entry.digest ? .current : .newer("\(reference) is \(now) now")
        case (.packages(let distribution, let names), .packages(let wanted, let wantedNames)):
            guard distribution == wanted, names == wantedNames else {
                return .replaced("the topology wants \(wantedNames.joined(separator: " ")) of \(wanted)")
            }
            guard let now = try packages?.members(of: names, of: distribution, named: payload.name) else {
                return .unknown("no distribution is asked")
            }
            return try compare(entry, now)
        case (_, .given), (_, .applier): return .current
        case (.image, _), (.packages, _): return .replaced("the topology wants another source")
        }
    }

    /// What the archive's signed indices have is there; of anything else the archive is asked whether it keeps it.
    private func compare(_ entry: LockedPayload, _ now: PinnedMembers) throws(PayloadError) -> State {
        if entry.digest == now.digest { return .current }
        let pinned = entry.members ?? []
        let known = Set(now.members.map(\.digest))
        let superseded = pinned.filter { !known.contains($0.digest) }
        for member in superseded {
            guard let address = entry.memberAddresses[member.path], !Self.isFile(address) else { continue }
            if let loss = lossOnly(try presence(address.description)) { return loss }
        }
        let names = Set(pinned.map(\.digest))
        let newer = now.members.filter { !names.contains($0.digest) }.map(\.path)
        return .newer(
            "\(newer.isEmpty ? "fewer packages are needed" : "has \(Self.few(newer))"), pinned is "
                + (superseded.isEmpty ? "none of it" : Self.few(superseded.map(\.path))))
    }

    private static func isFile(_ address: PayloadAddress) -> Bool {
        guard case .file = address else { return false }
        return true
    }

    private static func few(_ names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }

    private func lossOnly(_ state: State) -> State? { state == .current ? nil : state }

    /// What upstream publishes stands for the file: it goes with it, and changes with it.
    private func compare(
        _ entry: LockedPayload, _ address: String, _ published: PublishedDigest, named name: String
    ) throws(PayloadError) -> State {
        let found: PublishedDigests.Found
        do throws(PayloadError) {
            found = try PublishedDigests(environment: environment, retries: retries, keyrings: keyrings).find(
                published, of: address, named: name)
        } catch {
            guard case .unpublished = error else { throw error }
            return lossOnly(try presence(address))
                ?? .unknown("upstream publishes no digest of it at \(published.address)")
        }
        guard let digest = found.digest else { return try presence(address) }
        return digest == entry.digest
            ? try presence(address) : .changed("upstream says \(digest) at \(published.address)")
    }

    /// Whether a file is on its server.
    private func presence(_ address: String) throws(PayloadError) -> State {
        guard let curl = CurlCommand.locate(environment) else { throw .missingTool("curl") }
        let command = CurlCommand(
            executable: curl, address: address, offset: 0, environment: environment, retries: retries, isHead: true)
        let result = try command.run { (_: Span<UInt8>) throws(PayloadError) in }
        switch result.verdict {
        case .complete: return .current
        // A server may answer no such question (RFC 9110, 15.5.6).
        case .refused(405): return .unknown("\(address): the server does not say")
        case .refused(let status): return .gone("the server has no \(address) (HTTP status \(status))")
        case .interrupted, .cannotResume, .failed: return .unknown("\(address): \(result.message)")
        }
    }
}
