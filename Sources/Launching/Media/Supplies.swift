/// Where what a bundle only names comes from.
public protocol Supplies {
    /// The tree that containers share, absolute; nil for the one that the instance has.
    var baseTree: String? { get }

    /// Makes the directory hold the depot.
    func fillDepot(directory: String) throws

    /// Makes the file hold the depot as an image, and the directory beside it what the depot lists. Nothing is written
    /// when both are there already.
    ///
    /// - Returns: whether anything was written.
    func writeDepot(image: String, listing directory: String) throws -> Bool

    /// Whether files to boot from were named that take the place of those that the instance has.
    var replacesBootFiles: Bool { get }

    /// Finds a payload that machines boot from.
    ///
    /// - Returns: the name that its file gets, another one for other content: disks that began as an older image go on
    ///   with that one.
    func bootFile(_ payload: String) throws -> String

    /// Puts the payload at a path, where nothing may change it.
    func placeBootFile(_ payload: String, at path: String) throws
}
