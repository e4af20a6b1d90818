import Launching

/// Why UTM's machines could not be brought to where a command wanted them; each says what to do next.
enum UTMError: Error, Hashable, Sendable, CustomStringConvertible {
    // The tool
    case noTool(searched: [String])
    case tooOld(version: String)
    case notPermitted
    case notReachable(said: String)
    case hangs(command: String, seconds: Int)
    case unanswered(command: String)
    case unreadable(command: String, output: String)
    case refused(command: String, said: String)
    case listsNothing(name: String)

    // Machines in UTM
    case nameTaken(name: String, uuid: String)
    case identityTaken(name: String, uuid: String, by: String)
    case notRegistered(name: String, package: String, seconds: Int, said: String)
    case didNotStart(name: String, state: String, seconds: Int, said: String)
    case didNotStop(name: String, state: String, said: String)
    case notDeleted(name: String, said: String)
    case noConsole(name: String)
    case noConsoleLog(name: String, instance: String)

    // What machines are made of
    case defects([UTMDefect])
    case directBoot(cluster: String)
    case badSubnet(String)
    case badGateway(gateway: String, first: String, subnet: String)
    case noRoomForDHCP(lowest: String, gateway: String)
    case noFile(path: String, purpose: String)
    case badImage(path: String, reason: String)
    case needsConversion(path: String)
    case cannotGrow(path: String, reason: String)

    var description: String {
        switch self {
        case .noTool(let searched):
            "utmctl was not found; it is part of UTM 4 and later. Install UTM with 'brew install --cask utm', or name the program in SLIPWAY_UTMCTL. Searched: \(searched.joined(separator: ", "))"
        case .tooOld(let version):
            "UTM \(version) is too old: expected \(UTMVersion.least) or later. Bring it up to date with: brew upgrade --cask utm"
        case .notPermitted:
            "macOS does not let this terminal control UTM. Allow it in System Settings → Privacy & Security → Automation: switch UTM on below the name of your terminal. It cannot be allowed to a session over SSH: use a terminal in the Mac's own desktop."
        case .notReachable(let said):
            "UTM does not answer\(Self.saying(said)). Log in to the Mac's desktop, open UTM there once, and call this command in a terminal of that desktop: UTM takes no commands over SSH or before login."
        case .hangs(let command, let seconds):
            "'\(command)' did not end within \(seconds) s. UTM may be showing a dialog, or macOS may be asking whether this terminal may control UTM: look at the desktop, answer it, and try again."
        case .unanswered(let command):
            "UTM did not answer '\(command)' in time. It answers nobody while a question of its own is on the screen, such as whether to quit with machines running: look at the Mac's desktop, answer it, and try again."
        case .unreadable(let command, let output):
            "'\(command)' printed what is not understood: '\(output)'. Report it with the version of UTM."
        case .refused(let command, let said): "UTM refused '\(command)': \(said)"
        case .listsNothing(let name):
            "UTM lists no machine at all, and it had '\(name)'. It lists none before its window is open: open UTM, look whether the machines are there, and try again. When they were removed from its list, 'slipway up' with the bundle has UTM open them again."
        case .nameTaken(let name, let uuid):
            "UTM has a machine named '\(name)' already (\(uuid)), which this instance did not make. Rename or delete it in UTM, or choose another --name."
        case .identityTaken(let name, let uuid, let by):
            "'\(name)' has the identity \(uuid), which the machine '\(by)' in UTM has already: both come from the same bundle, and would have the same addresses too. Destroy the other instance, or build a bundle with another cluster name and subnet."
        case .notRegistered(let name, let package, let seconds, let said):
            "UTM does not list '\(name)' \(seconds) s after it was asked to open \(package)\(Self.saying(said)). Look for a dialog in UTM; opening the package in the Finder shows what UTM has against it."
        case .didNotStart(let name, let state, let seconds, let said):
            "'\(name)' is \(state), and not started, after \(seconds) s\(Self.saying(said)). Starting it by hand in UTM shows what is wrong."
        case .didNotStop(let name, let state, let said):
            "'\(name)' is still \(state), although UTM was told to kill it\(Self.saying(said)). Stop it in UTM's window, and try again."
        case .notDeleted(let name, let said):
            "UTM still lists '\(name)' after it was told to delete it\(Self.saying(said)). Delete it in UTM's window, and try again."
        case .noConsole(let name):
            "UTM does not tell where the console of '\(name)' is. It has one while it runs."
        case .noConsoleLog(let name, let instance):
            "nothing is kept of \(name)'s console: it has not been started since its console is collected. See it live with: slipway console \(instance) \(name)"
        case .defects(let defects): defects.map(\.description).joined(separator: "\n")
        case .directBoot(let cluster):
            "\(cluster)'s image is started with a kernel beside it (guest.boot), for which UTM would need arguments that it warns of. Choose an image that boots by itself, or the provider qemu."
        case .badSubnet(let subnet):
            "'\(subnet)' cannot be the subnet of UTM's shared network: expected CIDR notation with a prefix of 1 to 29"
        case .badGateway(let gateway, let first, let subnet):
            "the gateway \(gateway) cannot be UTM's: macOS itself takes the first address of a shared network, which is \(first) in \(subnet). Set network.gateway: \(first)."
        case .noRoomForDHCP(let lowest, let gateway):
            "the lowest address of a machine, \(lowest), leaves UTM's shared network no address of its own behind the gateway \(gateway). Give the machines higher addresses."
        case .noFile(let path, let purpose): "\(path), \(purpose), is missing. Bring the bundle up again."
        case .badImage(let path, let reason): "\(path) cannot be a machine's disk: \(reason)"
        case .needsConversion(let path):
            "\(path) is not a qcow2 image, the only one that UTM writes to, and qemu-img, which can convert it, is not installed. Install it with: brew install qemu"
        case .cannotGrow(let path, let reason):
            "\(path) cannot be enlarged: \(reason). Install qemu-img, which can, with: brew install qemu"
        }
    }

    private static func saying(_ text: String) -> String { text.isEmpty ? "" : " (it said: \(text))" }
}

extension LaunchError {
    /// UTM's own reason as the launcher tells it.
    init(_ error: UTMError) { self = .unfit([Finding(.failure, "UTM", error.description)]) }

    /// Runs what fails with UTM's own reasons.
    static func from<Result>(_ body: () throws(UTMError) -> Result) throws(LaunchError) -> Result {
        do throws(UTMError) { return try body() } catch { throw LaunchError(error) }
    }
}
