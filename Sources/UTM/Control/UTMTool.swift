import Foundation
import Launching

/// The commands that tell UTM what to do, as values.
///
/// `utmctl` has no command that makes or imports a machine; `open` has UTM take a package where it lies, also when UTM does
/// not run yet, and again without harm.
struct UTMTool: Hashable, Sendable {
    /// Absolute.
    let utmctl: String
    /// What `open -a` is given.
    let application: String
    let open: String

    init(utmctl: String, application: String = "UTM", open: String = "open") {
        self.utmctl = utmctl
        self.application = application
        self.open = open
    }

    /// The variable that names the program when it is somewhere else.
    static let variable = "SLIPWAY_UTMCTL"

    /// Finds the program in UTM's own package or in PATH.
    ///
    /// - Throws: ``UTMError/noTool(searched:)``
    static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        isExecutable: (String) -> Bool = { FileManager.default.isExecutableFile(atPath: $0) }
    ) throws(UTMError) -> UTMTool {
        if let named = environment[variable], !named.isEmpty {
            guard isExecutable(named) else { throw .noTool(searched: [named]) }
            return UTMTool(utmctl: named, application: application(of: named))
        }
        let homes = ["", environment["HOME"] ?? ""].map { "\($0)/Applications/UTM.app/Contents/MacOS" }
        let path = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let places = (homes + path + ["/usr/local/bin", "/opt/homebrew/bin"]).map { "\($0)/utmctl" }
        guard let found = places.first(where: isExecutable) else {
            throw .noTool(searched: places.filter { !$0.hasPrefix("/sbin") && !$0.hasPrefix("/bin") })
        }
        return UTMTool(utmctl: found, application: application(of: found))
    }

    /// The package that the program is part of, so that both speak to the same UTM.
    private static func application(of utmctl: String) -> String {
        let suffix = "/Contents/MacOS/utmctl"
        guard utmctl.hasSuffix(".app" + suffix) else { return "UTM" }
        return String(utmctl.dropLast(suffix.count))
    }

    // MARK: Commands

    enum StopMethod: String, Hashable, Sendable, CaseIterable {
        /// The guest's power button.
        case request
        /// The power goes off; what `utmctl stop` does when it is not told.
        case force
        /// QEMU is killed.
        case kill
    }

    var version: ExternalCommand { utmctl("version") }
    var list: ExternalCommand { utmctl("list") }
    func status(_ uuid: String) -> ExternalCommand { utmctl("status", uuid) }
    func start(_ uuid: String) -> ExternalCommand { utmctl("start", uuid) }
    func stop(_ uuid: String, by method: StopMethod) -> ExternalCommand {
        utmctl("stop", uuid, "--\(method.rawValue)")
    }
    /// Deletes the package as well, without asking.
    func delete(_ uuid: String) -> ExternalCommand { utmctl("delete", uuid) }
    /// Attaches to nothing: it prints where the serial port is.
    func attach(_ uuid: String) -> ExternalCommand { utmctl("attach", uuid) }

    /// In the background, without a window coming to the front.
    func open(_ package: String) -> ExternalCommand {
        ExternalCommand([open, "-g", "-a", application, package])
    }

    private func utmctl(_ arguments: String...) -> ExternalCommand { ExternalCommand([utmctl] + arguments) }
}
