import Launching

extension LaunchError {
    /// UTM's own reason as the launcher tells it.
    init(_ error: UTMError) { self = .unfit([Finding(.failure, "UTM", error.description)]) }

    /// Runs what fails with UTM's own reasons.
    static func from<Result>(_ body: () throws(UTMError) -> Result) throws(LaunchError) -> Result {
        do throws(UTMError) { return try body() } catch { throw LaunchError(error) }
    }
}
