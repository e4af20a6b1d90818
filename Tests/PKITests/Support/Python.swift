import Foundation
import TestSupport

/// A Python whose `cryptography` package can sign deterministically (43 or later): SLIPWAY_PYTHON, or one in PATH.
enum Python {
    static let withCryptography: Tool? = {
        let named = ProcessInfo.processInfo.environment["SLIPWAY_PYTHON"]
        let check = "import cryptography, sys; sys.exit(int(cryptography.__version__.split('.')[0]) < 43)"
        return ([named].compactMap { $0 } + ["python3", "/usr/bin/python3", "/usr/local/bin/python3"])
            .compactMap { Tool.find($0) }
            .first { (try? $0.run(["-c", check]).status) == 0 }
    }()

    static var missing: [String] {
        withCryptography == nil ? ["a Python with cryptography 43 or later; name one in SLIPWAY_PYTHON"] : []
    }
}
