import ArgumentParser
import Payloads
import SystemPackage

/// The option of every command that works with payloads.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where payloads are kept.", discussion: "Default: $XDG_CACHE_HOME/slipway, or ~/.cache/slipway.",
            valueName: "dir"))
    var store: String?

    func open(_ context: Context) throws(CommandFailure) -> PayloadStore {
        do throws(PayloadError) {
            let root = if let store { FilePath(store) } else { try PayloadStore.defaultRoot(context.environment) }
            return try PayloadStore.open(root)
        } catch {
            throw CommandFailure(error)
        }
    }
}

extension CommandFailure {
    init(_ error: PayloadError) { self.init(error.isEnvironment ? .environment : .input, "\(error)") }
}
