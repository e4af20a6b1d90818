/// Something that reads foreign bytes, and what must hold whatever they are.
struct Subject: Sendable {
    let name: String
    /// Good inputs, from which others are made.
    let seeds: @Sendable () throws -> [[UInt8]]
    /// Words of the format.
    let tokens: [[UInt8]]
    /// The most bytes of an input.
    let limit: Int
    /// Makes an instance that reads one input after another.
    let reader: @Sendable () throws -> any Reading

    static let all: [Subject] = [.yaml, .lock, .packages, .tar, .iso, .json, .archive, .bundle, .part, .age]

    init(
        _ name: String, tokens: [String], bytes: [[UInt8]] = [], limit: Int,
        seeds: @escaping @Sendable () throws -> [[UInt8]], reader: @escaping @Sendable () throws -> any Reading
    ) {
        self.name = name
        self.tokens = tokens.map { Array($0.utf8) } + bytes
        self.limit = limit
        self.seeds = seeds
        self.reader = reader
    }
}

/// Reads one input after another.
protocol Reading: AnyObject {
    /// - Returns: what came of it.
    /// - Throws: ``Finding`` when something is not as it must be. Whatever else is thrown is one too.
    func read(_ input: [UInt8]) throws -> Verdict
}

/// What a reader said to an input.
enum Verdict {
    case accepted
    /// With the reason, by which inputs that reach other code are told apart.
    case refused(String)
}

/// Something that must not be, whatever the input.
struct Finding: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(Finding) {
    guard condition else { throw Finding(message()) }
}
