import Foundation
import HostSystem
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

    static var isNamed: Bool { ProcessInfo.processInfo.environment[variable]?.isEmpty == false }

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

/// A version of UTM, compared number by number.
struct UTMVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// With it came everything that is used: the end of DHCP's addresses, packages opened in place, `stop --request`.
    static let least = UTMVersion([4, 6])

    let numbers: [Int]

    init(_ numbers: [Int]) { self.numbers = numbers }

    /// Parses `4.6.5`, also with more behind it such as ` (Beta)`; nil for anything that does not begin with a number.
    init?(_ text: String) {
        let word = text.drop { $0.isWhitespace }.prefix { $0.isNumber || $0 == "." }
        let numbers = word.split(separator: ".").compactMap { Int($0) }
        guard !numbers.isEmpty else { return nil }
        self.numbers = numbers
    }

    var description: String { numbers.map(String.init).joined(separator: ".") }

    static func < (left: UTMVersion, right: UTMVersion) -> Bool {
        for index in 0..<max(left.numbers.count, right.numbers.count) {
            let (one, other) = (left.number(index), right.number(index))
            if one != other { return one < other }
        }
        return false
    }

    static func == (left: UTMVersion, right: UTMVersion) -> Bool { !(left < right) && !(right < left) }

    /// 4.6 and 4.6.0 are the same version.
    func hash(into hasher: inout Hasher) { hasher.combine(numbers.dropTrailingZeros) }

    private func number(_ index: Int) -> Int { index < numbers.count ? numbers[index] : 0 }
}

extension [Int] {
    fileprivate var dropTrailingZeros: [Int] { lastIndex { $0 != 0 }.map { Array(self[...$0]) } ?? [] }
}
