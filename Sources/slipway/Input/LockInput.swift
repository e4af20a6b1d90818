import BundleFormat
import Diagnostics
import SystemPackage
import TopologySpec

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
        let lock = LockFile.read(source, into: &report)
        context.err(DiagnosticPrinter(sources: [source], colour: context.errHasColour).text(for: report))
        guard let lock, !report.isFatal() else { throw CommandFailure(.input, nil) }
        return lock
    }
}
