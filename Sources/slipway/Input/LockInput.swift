import BundleFormat
import Diagnostics
import Payloads
import SystemPackage
import TopologySpec
import Values

/// The lock file beside a topology: `topologies/ha.lock` beside `topologies/ha.yaml`.
enum LockInput {
    static func path(for spec: String) -> FilePath {
        var path = FilePath(spec)
        path.extension = "lock"
        return path
    }

    /// Reads the lock and shows what is wrong with it; without one nothing is pinned.
    static func read(for spec: String, _ context: Context) throws(CommandFailure) -> Lock {
        let path = path(for: spec).string
        guard InputFile.exists(path) else { return Lock() }
        let source = SourceText(file: path, text: try InputFile.text(path))
        var report = Report()
        let lock = LockReader.read(source, into: &report)
        context.err(DiagnosticPrinter(sources: [source], colour: context.colour).text(for: report))
        guard let lock, !report.isFatal() else { throw CommandFailure(.input, nil) }
        return lock
    }

    /// The lock's entries, sorted by name.
    static func payloads(_ lock: Lock) throws(CommandFailure) -> [LockedPayload] {
        var payloads: [LockedPayload] = []
        for (name, entry) in lock.entries.sorted(by: { $0.key < $1.key }) {
            do throws(Values.Digest.ParseFailure) {
                let digest = try Values.Digest(parsing: entry.digest)
                payloads.append(
                    LockedPayload(name: name, address: entry.url, size: Int64(entry.size), digest: digest))
            } catch {
                throw CommandFailure(.input, "\(name): \(error)")
            }
        }
        return payloads
    }
}
