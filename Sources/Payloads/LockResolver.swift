public import BuildPlan
public import BundleFormat
import HostSystem
public import SystemPackage
public import Values

/// Finds out which bytes stand behind each payload of a plan.
public struct LockResolver: Sendable {
    let store: PayloadStore
    /// The directory of the lock file: `file:` addresses are written relative to it.
    let base: FilePath
    let workingDirectory: FilePath
    let environment: [String: String]
    let retries: RetryPolicy
    /// Keys whose signatures over published digests count.
    let keyrings: [FilePath]
    /// Nil where no registry is asked.
    let images: (any ImageFetching)?
    /// Nil where no distribution is asked.
    let packages: (any PackageFetching)?

    public init(
        store: PayloadStore, base: FilePath, workingDirectory: FilePath, environment: [String: String],
        retries: RetryPolicy = .standard, keyrings: [FilePath] = [], images: (any ImageFetching)? = nil,
        packages: (any PackageFetching)? = nil
    ) {
        self.store = store
        self.base = base
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.retries = retries
        self.keyrings = keyrings
        self.images = images
        self.packages = packages
    }

    /// What an entry is to be of.
    enum Wanted: Sendable {
        case source(LockedSource)
        /// Which of them is known when the listing has been read.
        case newest(DatedRelease)
    }

    private struct Task: Sendable {
        let payload: PayloadPlan
        /// The guest's.
        let architecture: Architecture
        /// Nil for what is no archive.
        let placed: PlacedMembers?
        /// Nil where upstream has none and the user gave none.
        let wanted: Result<Wanted?, PayloadError>
        let existing: LockedPayload?
        let mustRead: Bool
        /// The digest that upstream publishes is not asked for.
        let isTrusted: Bool

        func wants(_ source: LockedSource) -> Bool {
            switch wanted {
            case .success(.source(let wanted)): return wanted == source
            case .success(.newest(let release)):
                guard case .address(.https(let address)) = source else { return false }
                return release.release(of: address) != nil
            case .success(nil): return false
            case .failure: return true
            }
        }

        /// Where upstream publishes the digest of what is at an address; nil where it does not, or another address was chosen.
        func published(_ address: String) -> PublishedDigest? {
            switch payload.source {
            case .web(.https(address), let published) where !isTrusted: published
            case .dated(let release) where !isTrusted:
                release.release(of: address).map { release.file(of: $0).published }
            default: nil
            }
        }
    }

    /// Pins every payload that can be pinned; downloads go into the store, so that `fetch` has them.
    ///
    /// An address given in `chosen` or found by `search` comes first, then the file an existing entry names, then upstream's
    /// address, then whatever the existing entry has. An existing entry with that address is kept unread, unless the user named
    /// the payload again by one of the others, or it does not say yet what is in an archive.
    ///
    /// - Parameters:
    ///   - architecture: the guest's; a program for another is refused.
    ///   - placed: what machines place of each archive; those files are pinned too.
    ///   - keep: names in `existing` that stay as they are although they are not among `wanted`.
    ///   - chosen: addresses by payload name; relative paths start at the working directory.
    ///   - refresh: names whose entry is made anew.
    ///   - trusted: names whose first bytes are believed although upstream publishes a digest.
    public func resolve(
        _ wanted: [PayloadPlan], for architecture: Architecture, placed: [String: PlacedMembers] = [:], existing: Lock,
        keep: Set<String> = [],
        chosen: [String: String] = [:], search: PayloadSearch? = nil, refresh: Set<String> = [],
        trusted: Set<String> = [], jobs: Int = 4,
        report: @escaping @Sendable (FetchEvent) -> Void = { _ in }
    ) async -> LockOutcome {
        let tasks = wanted.map { payload in
            task(
                payload, architecture, placed[payload.name], existing[payload.name], chosen[payload.name], search,
                mustRead: refresh.contains(payload.name), isTrusted: trusted.contains(payload.name))
        }
        let results = await Parallel.results(of: tasks, width: jobs) { task in
            do throws(PayloadError) { return try pin(task, report) } catch {
                report(.failed(name: task.payload.name, error))
                throw error
            }
        }
        let names = Set(wanted.map(\.name))
        var payloads = existing.payloads.filter { keep.contains($0.name) && !names.contains($0.name) }
        var failures: [PayloadError] = []
        for (task, result) in zip(tasks, results) {
            switch result {
            case .success(let payload): payloads.append(payload)
            case .failure(let error):
                failures.append(
                    error as? PayloadError ?? .system(operation: "pin", path: task.payload.name, error: .ioError))
                // What was pinned stays pinned while its address is wanted: a network that is down does no harm.
                if let existing = task.existing, task.wants(existing.source) { payloads.append(existing) }
            }
        }
        let lock = Lock(payloads)
        return LockOutcome(
            lock: lock, changed: lock.payloads.filter { existing[$0.name] != $0 }.map(\.name),
            removed: existing.payloads.map(\.name).filter { lock[$0] == nil }, failures: failures)
    }

    private func task(
        _ payload: PayloadPlan, _ architecture: Architecture, _ placed: PlacedMembers?, _ existing: LockedPayload?,
        _ chosen: String?, _ search: PayloadSearch?, mustRead isNamed: Bool, isTrusted: Bool
    ) -> Task {
        var mustRead = isNamed || chosen != nil
        let wanted: Result<Wanted?, PayloadError>
        do throws(PayloadError) {
            var found = try chosen.map { (text) throws(PayloadError) in
                do throws(PayloadAddress.ParseFailure) { return try PayloadAddress(parsing: text) } catch {
                    throw .unsupportedAddress(name: payload.name, error)
                }
            }
            if found == nil, let file = try search?.file(for: payload.name, upstream: payload.source.address) {
                found = .file(file.string)
                mustRead = true
            }
            if case .file(let path) = found {
                found = .file(FilePath(path).relative(to: base, workingDirectory: workingDirectory).string)
            }
            if let found {
                wanted = .success(.source(.address(found)))
            } else if let pinned = existing?.source, pinned.isFile || !payload.source.isKnown {
                // A file was somebody's choice; another address of upstream is a new version.
                wanted = .success(.source(pinned))
            } else {
                wanted = .success(payload.source.wanted(existing, mustRead: mustRead))
            }
        } catch {
            wanted = .failure(error)
        }
        return Task(
            payload: payload, architecture: architecture, placed: placed, wanted: wanted, existing: existing,
            mustRead: mustRead, isTrusted: isTrusted)
    }

    private func pin(_ task: Task, _ report: @escaping @Sendable (FetchEvent) -> Void) throws(PayloadError)
        -> LockedPayload
    {
        let name = task.payload.name
        let unknown = PayloadError.noAddress(name: name, kind: task.payload.kind.rawValue)
        guard let wanted = try task.wanted.get() else { throw unknown }
        report(.started(name: name, size: nil))
        let source =
            switch wanted {
            case .source(let source): source
            case .newest(let release): LockedSource.address(.https(try newest(release, of: name)))
            }
        if !task.mustRead, let existing = task.existing, existing.source == source {
            let kept = try existing.withMembers(task.placed) { (names) throws(PayloadError) in
                let fetcher = Fetcher(store: store, base: base, environment: environment, retries: retries)
                _ = try fetcher.bring(existing, report)
                // It may have lain there for long.
                try store.check(existing.digest, of: name)
                return try store.unpack(names, of: existing.digest, named: name)
            }
            report(.finished(name: name, .present))
            return kept
        }
        let pinned: LockedPayload
        var outcome = FetchOutcome.fetched
        switch source {
        case .address(let address):
            if case .file = address { outcome = .copied }
            pinned = try pin(task, address, report)
        case .image(let reference):
            guard let images else { throw unknown }
            let found = try images.pin(reference, for: task.architecture, named: name, into: store) {
                report(.progress(name: name, received: $0))
            }
            pinned = LockedPayload(name: name, source: source, found)
        case .packages(let distribution, let names):
            guard let packages else { throw unknown }
            var seen: Timestamp?
            if case .signedRelease(_, let date) = task.existing?.verified { seen = date }
            let found = try packages.pin(names, of: distribution, named: name, notBefore: seen, into: store) {
                report(.progress(name: name, received: $0))
            }
            pinned = LockedPayload(name: name, source: source, found)
        }
        report(.finished(name: name, outcome))
        return pinned
    }

    private func pin(
        _ task: Task, _ address: PayloadAddress, _ report: @escaping @Sendable (FetchEvent) -> Void
    ) throws(PayloadError) -> LockedPayload {
        let name = task.payload.name
        let found: (digest: Digest, size: Int64)
        var verified = PayloadVerification.firstUse
        switch address {
        case .file(let path):
            let file = try StoreFiles.openNamed(base.pushing(FilePath(path)))
            defer { try? file.close() }
            try task.payload.check(file, named: path, for: task.architecture, isChosen: true)
            found = try store.add(file, named: path) { (_, _) in }
        case .http: throw .noAddress(name: name, kind: task.payload.kind.rawValue)
        case .https(let address):
            let asks = PublishedDigests(environment: environment, retries: retries, keyrings: keyrings)
            let published = try task.published(address).map { (published) throws(PayloadError) in
                try asks.find(published, of: address, named: name)
            }
            let download = Download(store: store, environment: environment, retries: retries)
            let progress: (Int64) -> Void = { report(.progress(name: name, received: $0)) }
            found = try download.pin(name, address, published: published?.digest, progress) {
                (file, digest) throws(PayloadError) in
                try task.payload.check(file, named: address, for: task.architecture, isChosen: false)
                try published?.check(file, digest, named: name, address)
            }
            if let published { verified = published.verified }
        }
        let pinned = try LockedPayload(
            name: name, address: address, size: found.size, digest: found.digest, verified: verified
        ).withMembers(task.placed) { (names) throws(PayloadError) in
            try store.unpack(names, of: found.digest, named: name)
        }
        for member in pinned.members ?? [] { try check(member, of: name, for: task.architecture) }
        return pinned
    }

    /// A program in an archive is one for the guest.
    private func check(
        _ member: PayloadMember, of name: String, for architecture: Architecture
    ) throws(PayloadError) {
        guard let location = store.location(of: member.digest) else { return }
        let file = try StoreFiles.openForReading(location.file)
        defer { try? file.close() }
        let content = PayloadContent(header: try StoreFiles.beginning(of: file, named: member.path))
        guard case .program(let machine) = content, machine != architecture else { return }
        throw .wrongKind(
            name: "\(name), \(member.path)", expected: "a program for \(architecture.rawValue)",
            found: content.description)
    }

    /// The newest of the releases that a listing names.
    private func newest(_ release: DatedRelease, of name: String) throws(PayloadError) -> String {
        let page = try SmallTransfer(environment: environment, retries: retries).fetch(
            name, release.listing, limit: PublishedDigests.sizeLimit
        ) { _ in }
        guard let newest = release.newest(in: String(decoding: page, as: UTF8.self)) else {
            throw .noRelease(name: name, listing: release.listing)
        }
        return release.file(of: newest).address
    }
}
