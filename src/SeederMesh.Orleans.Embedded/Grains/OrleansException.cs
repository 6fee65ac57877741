namespace Orleans.Runtime
{
    /// <summary>An error of the runtime itself; a grain's own errors reach its caller as they are.</summary>
    public class OrleansException : Exception
    {
        /// <summary>An error in these words.</summary>
        /// <param name="message">What happened, and what to do.</param>
        /// <param name="innerException">The cause, if any.</param>
        public OrleansException(string message, Exception? innerException = null)
            : base(message, innerException)
        {
        }
    }

    /// <summary>A call that the runtime did not deliver; the grain has not seen it.</summary>
    public class OrleansMessageRejectionException : OrleansException
    {
        internal OrleansMessageRejectionException(string message)
            : base(message)
        {
        }
    }

    /// <summary>A call to a grain at which too many wait already; the grain has not seen it.</summary>
    public sealed class LimitExceededException : OrleansException
    {
        internal LimitExceededException(string message)
            : base(message)
        {
        }
    }

    /// <summary>A call before the silo has started, or after it has stopped; the grain has not seen it.</summary>
    public sealed class SiloUnavailableException : OrleansMessageRejectionException
    {
        internal SiloUnavailableException(string message)
            : base(message)
        {
        }
    }
}

namespace Orleans.Serialization
{
    /// <summary>A type that Orleans could not send to another process, so that the embedded runtime refuses it
    /// too.</summary>
    public sealed class CodecNotFoundException : Runtime.OrleansException
    {
        internal CodecNotFoundException(string message)
            : base(message)
        {
        }
    }
}
