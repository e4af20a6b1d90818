import BundleFormat
public import SystemPackage
import Values

/// Finds out which bytes stand behind each payload of a plan.
public struct LockResolver: Sendable {
    let store: PayloadStore
    /// The directory of the lock file: `file:` addresses are written relative to it.
    let base: FilePath
    let workingDirectory: FilePath
    let environment: [String: String]
    let retries: RetryPolicy

    public init(
        store: PayloadStore, base: FilePath, workingDirectory: FilePath, environment: [String: String],
        retries: RetryPolicy = .standard
    ) {
        self.store = store
        self.base = base
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.retries = retries
    }

    private struct Task: Sendable {
        let payload: WantedPayload
        /// Nil where nothing says where it comes from.
        let address: Result<PayloadSource?, PayloadError>
        let existing: LockedPayload?
        let mustRead: Bool

        func wants(_ address: String) -> Bool {
            guard case .success(let source) = self.address else { return true }
            return source?.address == address
        }
    }

    /// Pins every payload that can be pinned; downloads go into the store, so that `fetch` has them.
    ///
    /// An address given in `chosen` or found by `search` comes first, then the file an existing entry names, then upstream's
    /// address, then whatever the existing entry has. An existing entry with that address is kept unread, unless the user named
    /// the payload again by one of the others.
    ///
    /// - Parameters:
    ///   - keep: names in `existing` that stay as they are although they are not among `wanted`.
    ///   - chosen: addresses by payload name; relative paths start at the working directory.
    ///   - refresh: names whose entry is made anew.
    public func resolve(
        _ wanted: [WantedPayload], existing: [LockedPayload], keep: Set<String> = [], chosen: [String: String] = [:],
        search: PayloadSearch? = nil, refresh: Set<String> = [], jobs: Int = 4,
        report: @escaping @Sendable (FetchEvent) -> Void = { _ in }
    ) async -> LockOutcome {
        let known = Dictionary(existing.map { ($0.name, $0) }) { first, _ in first }
        let tasks = wanted.map { payload in
            task(payload, known[payload.name], chosen[payload.name], search, refresh.contains(payload.name))
        }
        let results = await BlockingWork.map(tasks, width: jobs) { task in
            do throws(PayloadError) { return try pin(task, report) } catch {
                report(.failed(name: task.payload.name, error))
                throw error
            }
        }
        let names = Set(wanted.map(\.name))
        var payloads = existing.filter { keep.contains($0.name) && !names.contains($0.name) }
        var failures: [PayloadError] = []
        for (task, result) in zip(tasks, results) {
            switch result {
            case .success(let payload): payloads.append(payload)
            case .failure(let error):
                failures.append(
                    error as? PayloadError ?? .system(operation: "pin", path: task.payload.name, error: .ioError))
                // What was pinned stays pinned while its address is wanted: a network that is down does no harm.
                if let existing = task.existing, task.wants(existing.address) { payloads.append(existing) }
            }
        }
        payloads.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let stays = Set(payloads.map(\.name))
        return LockOutcome(
            payloads: payloads, changed: payloads.filter { known[$0.name] != $0 }.map(\.name),
            removed: known.keys.filter { !stays.contains($0) }.sorted(), failures: failures)
    }

    private func task(
        _ payload: WantedPayload, _ existing: LockedPayload?, _ chosen: String?, _ search: PayloadSearch?,
        _ refresh: Bool
    ) -> Task {
        var mustRead = refresh || chosen != nil
        do throws(PayloadError) {
            var source = try chosen.map { (text) throws(PayloadError) in
                try PayloadSource(parsing: text, of: payload.name)
            }
            if source == nil, let file = try search?.file(for: payload.name, upstream: payload.upstream) {
                source = .file(file)
                mustRead = true
            }
            if case .file(let path) = source {
                source = .file(path.relative(to: base, workingDirectory: workingDirectory))
            }
            if source == nil, let text = existing?.address {
                let pinned = try PayloadSource(parsing: text, of: payload.name)
                // A file was somebody's choice; another address of upstream is a new version.
                if case .file = pinned { source = pinned }
                if payload.upstream == nil { source = pinned }
            }
            if source == nil, let text = payload.upstream {
                source = try PayloadSource(parsing: text, of: payload.name)
            }
            return Task(payload: payload, address: .success(source), existing: existing, mustRead: mustRead)
        } catch {
            return Task(payload: payload, address: .failure(error), existing: existing, mustRead: mustRead)
        }
    }

    private func pin(_ task: Task, _ report: @Sendable (FetchEvent) -> Void) throws(PayloadError) -> LockedPayload {
        let name = task.payload.name
        guard let source = try task.address.get() else { throw .noAddress(name: name, kind: task.payload.kind) }
        report(.started(name: name, size: nil))
        if !task.mustRead, let existing = task.existing, existing.address == source.address {
            report(.finished(name: name, .present))
            return existing
        }
        let found: (digest: Digest, size: Int64)
        let outcome: FetchOutcome
        switch source {
        case .file(let path):
            let file = try StoreFiles.openForReading(base.pushing(path))
            defer { try? file.close() }
            found = try store.add(file, named: path.string) { (_, _) in }
            outcome = .copied
        case .https(let address):
            let download = Download(store: store, environment: environment, retries: retries)
            found = try download.pin(name, address) { report(.progress(name: name, received: $0)) }
            outcome = .fetched
        }
        report(.finished(name: name, outcome))
        return LockedPayload(name: name, address: source.address, size: found.size, digest: found.digest)
    }
}
