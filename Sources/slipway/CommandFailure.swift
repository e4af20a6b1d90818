import Archive
import Artefacts
import BundleFormat
import Bundling
import Carrying
import Diagnostics
import Drills
import Launching
import PKI
import Payloads
import Publishing
import Registry
import Sealing
import Signing
import Unbundling

/// Why a command did not do its work, and with which status it ends.
struct CommandFailure: Error {
    let status: ExitStatus
    /// One line without a prefix; `nil` when everything has been said already.
    let message: String?
    let help: String?

    init(_ status: ExitStatus, _ message: String?, help: String? = nil) {
        self.status = status
        self.message = message
        self.help = help
    }

    func print(to context: Context) {
        guard let message else { return }
        let prefix = context.errHasColour ? "\u{1B}[31;1merror\u{1B}[0m" : "error"
        context.err("\(prefix): \(message)\n")
        if let help { context.err("  = \(help)\n") }
    }

    /// Runs the body and gives every error a status.
    ///
    /// - Parameter templates: the directory of templates that was named, where mistakes in one are to be looked for.
    static func translating<Value>(
        templates: String? = nil, _ body: () async throws -> Value
    ) async throws(CommandFailure) -> Value {
        do { return try await body() } catch let error as TemplateError {
            throw CommandFailure(
                .input, "\(templates ?? "templates")/\(error.template):\(error.line): \(error.message)",
                help: "correct the template, or omit --templates for those that come with slipway")
        } catch {
            throw CommandFailure(error)
        }
    }

    init(_ error: PayloadError) { self.init(error.isEnvironment ? .environment : .input, "\(error)") }
    init(_ error: InputError) {
        self.init(error.isEnvironment ? .environment : .input, "\(error)", help: error.help)
    }

    private init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as ArchiveError:
            if case .system = error { self.init(.environment, "\(error)") } else { self.init(.input, "\(error)") }
        case BundleError.unopened(let file, let error):
            self.init(error.isEnvironment ? .environment : .input, "\(file): \(error)", help: error.help)
        case let error as SealingError:
            self.init(error.isEnvironment ? .environment : .input, "\(error)", help: error.help)
        case let error as BundleError: self.init(.input, "\(error)")
        case let error as CarryingError:
            self.init(error.isEnvironment ? .environment : .input, "\(error)", help: error.help)
        case let error as DrillError: self.init(error.isEnvironment ? .environment : .input, "\(error)")
        case let error as FormatError: self.init(.input, "\(error)")
        case let error as InputError: self.init(error)
        case let error as LaunchError: self.init(error.isEnvironment ? .environment : .input, "\(error)")
        case let error as PayloadError: self.init(error)
        case let error as PublishingError:
            self.init(error.isEnvironment ? .environment : .input, "\(error)", help: error.help)
        case let error as RegistryError: self.init(error.isEnvironment ? .environment : .input, "\(error)")
        case let error as SigningError:
            self.init(error.isEnvironment ? .environment : .input, "\(error)", help: error.help)
        case let error as PKIError: self.init(.input, "\(error)")
        case let error as ArtefactError: self.init(.input, "\(error)")
        default: self.init(.environment, "\(error)")
        }
    }
}

/// With which status the program ends. The one rule: what has to change before the same command can work?
enum ExitStatus: Int32, Sendable {
    case done = 0
    /// What was given: a topology, a template, a bundle, a name, a file that is not there.
    case input = 1
    /// How the command was typed.
    case usage = 2
    /// This computer: a disk, a permission, a network, a tool that is missing.
    case environment = 3
    /// Nobody reads the output any more: what a shell reports for a program that SIGPIPE ended.
    case unread = 141
}
