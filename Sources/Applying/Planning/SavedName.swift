/// The name under which a file that was changed by hand is kept beside its place.
enum SavedName {
    /// `PATH.slipway-saved-N`, with a further number while that is taken by another file.
    ///
    /// - Parameter status: of the file at `path`; a name that already means this file is used again, since an interrupted
    ///   run may have made it.
    static func free(for path: String, _ status: FileStatus, generation: Int, in root: RootDirectory) throws(ApplyError)
        -> String
    {
        let first = "\(path).slipway-saved-\(generation)"
        var name = first
        var attempt = 1
        while let taken = try root.status(name), !taken.isSameFile(as: status) {
            attempt += 1
            name = "\(first)-\(attempt)"
        }
        return name
    }
}
