import ArgumentParser

/// A command whose work is a function of its arguments and a ``Context``.
protocol ContextCommand: AsyncParsableCommand {
    /// Does the work.
    ///
    /// - Throws: ``CommandFailure`` and nothing else that a person should see.
    func run(_ context: Context) async throws
}

extension ContextCommand {
    func run() async throws { try await run(Context.process()) }
}
