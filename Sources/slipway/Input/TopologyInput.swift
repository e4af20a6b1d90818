import BundleFormat
import ClusterModel
import Diagnostics
import TopologySpec
import Values

/// A topology that has been read, and what was found on the way.
struct TopologyInput {
    let source: SourceText
    let topology: Topology?
    /// `nil` when the report holds an error.
    let cluster: Cluster?
    var report: Report
    /// The value of SOURCE_DATE_EPOCH.
    let sourceDateEpoch: Timestamp?

    /// Reads and resolves a topology; what is wrong with it is in the report, not thrown.
    ///
    /// - Throws: ``CommandFailure`` when the file cannot be read, or SOURCE_DATE_EPOCH is no number.
    static func load(_ path: String, _ context: Context) throws(CommandFailure) -> TopologyInput {
        let source = SourceText(file: path, text: try InputFile.text(path, limit: TopologyReader.largestFile))
        let epoch = try sourceDateEpoch(context)
        var report = Report()
        let topology = TopologyReader.read(source, into: &report)
        let cluster = topology.flatMap { ClusterResolver.resolve($0, sourceDateEpoch: epoch, into: &report) }
        return TopologyInput(
            source: source, topology: topology, cluster: report.isFatal() ? nil : cluster, report: report,
            sourceDateEpoch: epoch)
    }

    /// The cluster, after the findings have been shown.
    ///
    /// - Parameter strict: whether warnings stop the run too.
    /// - Throws: ``CommandFailure`` with the status of faulty input when nothing may be built.
    func requireCluster(strict: Bool, _ context: Context, _ format: OutputFormat) throws(CommandFailure) -> Cluster {
        show(context, format)
        guard !report.isFatal(strict: strict), let cluster else { throw CommandFailure(.input, nil) }
        return cluster
    }

    /// Prints warnings and errors; notes are `check`'s to tell.
    private func show(_ context: Context, _ format: OutputFormat) {
        if format == .json, report.isFatal() {
            context.out(JSONOutput.line(["findings": JSONOutput.value(report)]))
        }
        context.err(DiagnosticPrinter(sources: [source], colour: context.errHasColour).text(for: report.without(.note)))
    }

    /// The reproducible-builds.org convention: whole seconds since 1970.
    private static func sourceDateEpoch(_ context: Context) throws(CommandFailure) -> Timestamp? {
        guard let text = context.environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
        guard let seconds = Int64(text), (0...32_503_679_999).contains(seconds) else {
            throw CommandFailure(
                .environment, "SOURCE_DATE_EPOCH is '\(text)'",
                help: "expected whole seconds since 1970, or leave it unset")
        }
        return Timestamp(secondsSince1970: seconds)
    }
}
